/**
 * The memory of bytes that nothing uses any more. Bun frees it when it collects garbage, so that new
 * memory is taken for each large body: the kernel clears its pages, which costs more than the copy.
 *
 * @module
 */

import { bun } from "../known.ts";

/** Fewer bytes are not worth the call. */
const LEAST_BYTES = 16384;

/**
 * Frees the memory of bytes at once where that pays, and where no other array has a part of it. The
 * bytes are gone then.
 */
export function freeBytes(bytes: Uint8Array): void {
  // The first look at the buffer of small bytes moves them.
  if (bytes.length < LEAST_BYTES || bun === undefined) return;
  const { buffer } = bytes;
  if (buffer.byteLength === bytes.length && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
