/**
 * Memory that is used again and again, where bytes are needed only until they are decoded: on Bun new
 * memory of this size costs more than what is done with it, most of all as garbage.
 *
 * @module
 */

import { bun } from "../known.ts";
import { freeBytes } from "./free-bytes.ts";

/** The length of each array. */
const SPARE_BYTES = 1_048_576;
/** Fewer bytes are not worth an array of this length. */
const LEAST_BYTES = 16384;
/** The most arrays that are kept. */
const MOST = 4;

const spares: Uint8Array[] = [];

/**
 * Takes memory for so many bytes, for as many as it has room for. It has the bytes of its last use.
 *
 * @returns undefined where there is none, or new memory does as well.
 */
export function takeMemory(length: number): Uint8Array | undefined {
  if (length < LEAST_BYTES) return undefined;
  return spares.pop();
}

/** Gives memory back that nothing uses any more. */
export function giveMemory(bytes: Uint8Array): void {
  if (bytes.length < LEAST_BYTES || bun === undefined) return;
  const { buffer } = bytes;
  if (buffer.byteLength !== SPARE_BYTES || spares.length >= MOST) return freeBytes(bytes);
  spares.push(new Uint8Array(buffer));
}
