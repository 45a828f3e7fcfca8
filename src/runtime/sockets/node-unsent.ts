/**
 * The bytes of a socket of Node that the kernel has not accepted. Node's own count goes down when a write
 * is over; the handle tells how much is left of it.
 *
 * @module
 */

import type net from "node:net";

/** The part of a socket of `node:net` that is not public. */
interface Writing {
  readonly writableLength: number;
  readonly _writableState?: {
    /** The length of the write under way; 0 where none is. */
    readonly writelen?: number;
  };
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/** How much of a write under way the kernel has accepted; undefined where this Node does not tell. */
function acceptedOf({ _writableState, _handle }: Writing): number | undefined {
  const length = _writableState?.writelen;
  const left = _handle?.writeQueueSize;
  return length === undefined || left === undefined ? undefined : Math.max(0, length - left);
}

/** Whether the progress of a write of a socket that is open shows before it is over. */
export function showsProgress(native: net.Socket): boolean {
  return acceptedOf(native as unknown as Writing) !== undefined;
}

/** The number of bytes that were written to a socket and have not left. */
export function unsentOf(native: net.Socket): number {
  const { writableLength } = native;
  return writableLength && writableLength - (acceptedOf(native as unknown as Writing) ?? 0);
}
