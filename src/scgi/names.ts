/**
 * Interns the names of CGI variables. Nearly all requests have the same few names, and an object
 * takes a string that has been its key before faster than a new one.
 *
 * @module
 */

import { latin1 } from "./latin1.ts";

/** Length of the table of names. A name replaces another name of the same slot. */
const SLOTS = 1024;
/** A longer name is not interned: it is rare, and a client could fill the memory with such names. */
const MAX_LENGTH = 64;
const names: string[] = new Array<string>(SLOTS).fill("");

/** The hash of a name and one more byte, from the hash of the name; the empty name has hash 0. */
export function hashByte(hash: number, byte: number): number {
  return (hash * 31 + byte) | 0;
}

/**
 * The interned name in `bytes` from `start` to `end`. A new string, looked up in an object, would
 * cost three times as much.
 *
 * @param text Latin1 text that contains the name.
 * @param at The index in `text` at which the name begins.
 * @param hash The hash of the name, made with {@linkcode hashByte}.
 */
export function internName(
  text: string,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  hash: number,
): string {
  const length = end - start;
  if (length > MAX_LENGTH) return text.substring(at, at + length);
  const slot = hash & (SLOTS - 1);
  const name = names[slot]!;
  if (name.length === length && text.startsWith(name, at)) return name;
  // A substring would keep the whole text in memory.
  return names[slot] = latin1(bytes, start, end);
}
