/**
 * Checks UTF-8 while it arrives.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-8.1
 * @module
 */

import { Buffer, isUtf8 } from "node:buffer";

const slice = Buffer.prototype.utf8Slice as (
  this: Uint8Array,
  start: number,
  end: number,
) => string;

const decoder: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** From this length on TextDecoder is faster, by half on Bun; below it, utf8Slice on Deno and Node. */
const BY_DECODER = 512;

/** Valid UTF-8 as text; a byte order mark is kept. */
export function utf8Text(bytes: Uint8Array): string {
  return bytes.length < BY_DECODER ? slice.call(bytes, 0, bytes.length) : decoder.decode(bytes);
}

/** Checks one text, however its bytes are split, and finds its first invalid byte. */
export class Utf8Checker {
  /** Number of bytes that the last character still lacks. */
  #lacks = 0;
  /** The range of the byte that has to come next. */
  #low = 0x80;
  #high = 0xbf;

  /** Whether the text may end here: its last character is whole. */
  get complete(): boolean {
    return this.#lacks === 0;
  }

  /** Whether the text is valid, or can become so, with these bytes. */
  push(bytes: Uint8Array): boolean {
    let at = 0;
    while (this.#lacks > 0 && at < bytes.length) {
      if (!this.#step(bytes[at++]!)) return false;
    }
    let end = startOfCut(bytes, at);
    if (end > at && !isUtf8(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end))) {
      return false;
    }
    while (end < bytes.length) {
      if (!this.#step(bytes[end++]!)) return false;
    }
    return true;
  }

  /** One byte of a character that is not whole: the ranges are those of Unicode, table 3-7. */
  #step(byte: number): boolean {
    if (this.#lacks > 0) {
      if (byte < this.#low || byte > this.#high) return false;
      this.#lacks--;
      this.#low = 0x80;
      this.#high = 0xbf;
      return true;
    }
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#lacks = lengthOf(byte) - 1;
    if (byte === 0xe0) this.#low = 0xa0;
    else if (byte === 0xed) this.#high = 0x9f;
    else if (byte === 0xf0) this.#low = 0x90;
    else if (byte === 0xf4) this.#high = 0x8f;
    return true;
  }
}

/** Length of a character by its first byte. */
function lengthOf(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Where the last character begins if these bytes end inside it, else their end. */
function startOfCut(bytes: Uint8Array, from: number): number {
  const end = bytes.length;
  for (let at = end - 1; at >= from && at >= end - 3; at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return at + lengthOf(byte) > end ? at : end;
  }
  return end;
}
