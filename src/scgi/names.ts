/**
 * The names of CGI variables, each kept as one string: few of them come, again and again, and a
 * string that was a key before is a cheap one.
 *
 * @module
 */

import { latin1 } from "./latin1.ts";

/** Names that are kept, by their hash; another name of the same hash takes the place of one. */
const SLOTS = 1024;
/** A longer name is not kept: no program sends it often, and who sends many would fill memory. */
const LONGEST = 64;
const kept: string[] = new Array<string>(SLOTS).fill("");

/** One step of the hash of a name. */
export function hashByte(hash: number, byte: number): number {
  return (hash * 31 + byte) | 0;
}

/**
 * The name that stands in bytes from `start` to `end`, and has this hash. Making a string of it and
 * looking that up in an object would cost three times as much.
 *
 * @param text The same bytes as text, among others.
 * @param at Where the name begins in it.
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
  if (length > LONGEST) return text.substring(at, at + length);
  const slot = hash & (SLOTS - 1);
  const name = kept[slot]!;
  if (name.length === length && text.startsWith(name, at)) return name;
  // A part of the text would keep all of it.
  return kept[slot] = latin1(bytes, start, end);
}
