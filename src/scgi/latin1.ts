/**
 * Conversions between bytes and latin1 text, which has one UTF-16 code unit for each byte. CGI
 * variables and header fields are latin1 text.
 *
 * @module
 */

import { allocate, loadBuffer, postponed } from "./buffer.ts";

type Slice = (this: Uint8Array, start: number, end: number) => string;

let slice: Slice | undefined;

const encoder: TextEncoder = new TextEncoder();
/** Longer texts are not made of numbers. */
const MOST_NUMBERS = 4096;

/** The bytes from `start` to `end` as latin1 text. */
export function latin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  if (postponed && end - start <= MOST_NUMBERS) {
    return String.fromCharCode(...bytes.subarray(start, end));
  }
  slice ??= loadBuffer().prototype.latin1Slice as Slice;
  return slice.call(bytes, start, end);
}

/** The bytes of a latin1 text, then the UTF-8 bytes of another text, `utf8Length` in number. */
export function latin1Bytes(text: string, utf8 = "", utf8Length = 0): Uint8Array {
  const bytes = allocate(text.length + utf8Length);
  // ASCII is the same in both encodings, and encodeInto costs a seventh of Buffer.write on Deno.
  const { read } = encoder.encodeInto(text + utf8, bytes);
  if (read === text.length + utf8.length) return bytes;
  writeUnits(text, bytes);
  encoder.encodeInto(utf8, bytes.subarray(text.length));
  return bytes;
}

/** Writes the bytes of a latin1 text, and returns their number. */
export function writeLatin1(text: string, bytes: Uint8Array): number {
  const { read, written } = encoder.encodeInto(text, bytes);
  return read === written ? written : writeUnits(text, bytes);
}

function writeUnits(text: string, bytes: Uint8Array): number {
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return text.length;
}

/** The UTF-8 bytes of a text. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Writes the UTF-8 bytes of a text from a code unit on, as many as `bytes` has room for. */
export function encodePiece(
  text: string,
  from: number,
  bytes: Uint8Array,
): TextEncoderEncodeIntoResult {
  let end = Math.min(text.length, from + bytes.length);
  // Do not split a surrogate pair.
  if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
  return encoder.encodeInto(text.substring(from, end), bytes);
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

/** Decodes the bytes of a latin1 text as UTF-8; invalid bytes become U+FFFD. */
export function latin1ToUtf8(text: string): string {
  return isAsciiText(text) ? text : loadBuffer().from(text, "latin1").toString("utf8");
}

/** The UTF-8 bytes of a text, as latin1 text. */
export function utf8ToLatin1(text: string): string {
  return isAsciiText(text) ? text : loadBuffer().from(text, "utf8").toString("latin1");
}

/** Whether all of a text is ASCII. */
export function isAsciiText(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return !/[^\x00-\x7f]/.test(text);
}
