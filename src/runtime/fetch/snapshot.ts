/**
 * The bytes that a Response was made of, as they were then. The app may change its array afterwards, so
 * a copy is needed. It is in pieces, whose memory is used again once they are sent.
 *
 * @module
 */

import { concat } from "../../scgi/bytes.ts";
import { SpareMemory } from "../../scgi/spare-memory.ts";

/** As much as a socket of Node gets at a time. */
const PIECE_BYTES = 262144;
/** Together as much as four replies of 1 MiB. */
const PIECES = 16;

const spare: SpareMemory = new SpareMemory(PIECE_BYTES, PIECES);

/** A copy of bytes. */
export class Snapshot {
  /** The number of bytes. */
  readonly length: number;
  /** The bytes. Each piece may be given to {@linkcode release}. */
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const { length } = bytes;
    let at = 0;
    for (; length - at >= PIECE_BYTES; at += PIECE_BYTES) {
      const piece = spare.take();
      piece.set(bytes.subarray(at, at + PIECE_BYTES));
      pieces.push(piece);
    }
    if (at < length || length === 0) pieces.push(bytes.slice(at));
    this.length = length;
    this.pieces = pieces;
  }

  /** All bytes in one array. */
  whole(): Uint8Array<ArrayBuffer> {
    return this.pieces.length === 1 ? this.pieces[0]! : concat(this.pieces, this.length);
  }
}

/** Takes back the memory of a piece of a Snapshot, which no reader may need any more. */
export function release(piece: Uint8Array<ArrayBuffer>): void {
  spare.give(piece);
}

/**
 * The bytes of a body that is an array of bytes or a buffer; undefined for all others, for those of the
 * app's own subclasses as well, and for those that share their memory.
 */
export function plainBytes(body: object): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBuffer.isView(body)) {
    const prototype = Object.getPrototypeOf(body);
    if (prototype !== Uint8Array.prototype && prototype !== globalThis.Buffer.prototype) {
      return undefined;
    }
    const buffer: object = body.buffer;
    // Node prefers to iterate.
    if (!isBuffer(buffer) || Symbol.asyncIterator in body) return undefined;
    return new Uint8Array(buffer, body.byteOffset, body.byteLength);
  }
  return isBuffer(body) && !(Symbol.asyncIterator in body) ? new Uint8Array(body) : undefined;
}

/** Whether an object is a buffer that is not detached, and of one length: Node 20 takes no other. */
function isBuffer(object: object): object is ArrayBuffer {
  if (Object.getPrototypeOf(object) !== ArrayBuffer.prototype) return false;
  const buffer = object as ArrayBuffer;
  try {
    // The buffer of no memory throws.
    return !buffer.resizable && buffer.slice(0, 0).byteLength === 0;
  } catch {
    return false;
  }
}
