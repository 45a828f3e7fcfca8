/**
 * Memory for large frames and texts, which is used again and lies where copies are quick.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Frames and texts are large from this length on: new memory for them costs as much as the copy. */
export const LARGE = 16_384;
/** More memory is not kept. */
const SPARE_TO = 1_048_576;
/**
 * How many pieces of memory are kept. On Deno a frame has not left when the next message comes: with one
 * for 8 sockets, an echo of 64 KiB cost 104 µs, and not 85.
 */
const MOST_SPARE = 8;
/**
 * Processors take up to twenty times as long for a copy to a place that is a few bytes further in its
 * page of memory than its source: 33 µs in place of 2 for 64 KiB. Runtimes put large arrays at the
 * beginning of a page, and large strings close to it, so this memory is apart from both.
 */
const PAGE = 4096, APART = 1024;

const spare: Buffer[] = [];

/**
 * Takes memory of a length, from {@linkcode LARGE} on. Its bytes are undefined.
 *
 * @param source Where the bytes to be copied into it begin in their own memory.
 */
export function takeRoom(length: number, source = 0): Buffer {
  const from = source + APART & PAGE - 1;
  const kept = spare.pop();
  const isLong = kept !== undefined && kept.length >= from + length;
  const memory = isLong ? kept : Buffer.allocUnsafeSlow(PAGE + length);
  return memory.subarray(from, from + length);
}

/** Takes memory back that nothing refers to any more; shorter arrays are left to the runtime. */
export function giveBack(room: Uint8Array): void {
  const { buffer } = room;
  if (room.length < LARGE || buffer.byteLength > SPARE_TO) return;
  if (spare.length < MOST_SPARE) spare.push(Buffer.from(buffer));
}
