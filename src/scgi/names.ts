/**
 * The names of CGI variables, each kept as one string: few of them come, again and again, and a
 * string that was a key before is a cheap one.
 *
 * @module
 */

/** Names that are kept, by their hash; another name of the same hash takes the place of one. */
const SLOTS = 1024;
const kept: string[] = new Array<string>(SLOTS).fill("");

/** One step of the hash of a name. */
export function hashByte(hash: number, byte: number): number {
  return (hash * 31 + byte) | 0;
}

/**
 * The name that stands in a text from `start` to `end`, and has this hash. Making a string of it and
 * looking that up in an object would cost three times as much.
 */
export function internName(text: string, start: number, end: number, hash: number): string {
  const slot = hash & (SLOTS - 1);
  const name = kept[slot]!;
  if (name.length === end - start && text.startsWith(name, start)) return name;
  return kept[slot] = text.substring(start, end);
}
