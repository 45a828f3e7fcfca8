/**
 * Decodes SCGI requests: bytes in, head and body out. The decoder is sans-I/O: it reads no socket
 * and awaits nothing.
 *
 * @see https://python.ca/scgi/protocol.txt
 * @module
 */

import type { ScgiError } from "../errors.ts";
import { GrowingBuffer } from "./bytes.ts";
import * as failures from "./failures.ts";
import { FIRST_NAME, type Head, isLength, parseHead } from "./head.ts";
import { latin1 } from "./latin1.ts";

/** Options of a {@linkcode Decoder}. */
export interface DecoderOptions {
  /** The maximum length of a head, in bytes. 65536 unless set. */
  maxHeaderBytes?: number | undefined;
  /** The maximum number of variables in a head; 0 means no limit. 1000 unless set. */
  maxHeaders?: number | undefined;
}

/** The default maximum length of a head, in bytes. */
export const MAX_HEADER_BYTES: number = 65536;
/** The default maximum number of variables in a head. */
export const MAX_HEADERS = 1000;

const ZERO = 0x30, NINE = 0x39, COLON = 0x3a, COMMA = 0x2c;
const MAX_DIGITS = 16;
const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Decodes one SCGI request, however its bytes are split. The body is never copied, and an invalid
 * request is refused at the first byte that makes it invalid.
 *
 * @example
 * ```ts
 * import { Decoder } from "scgi/protocol";
 *
 * const decoder = new Decoder();
 * const bytes = new TextEncoder().encode("24:CONTENT_LENGTH\x002\x00SCGI\x001\x00,hi");
 * const body = decoder.push(bytes);
 * console.log(decoder.head?.contentLength, new TextDecoder().decode(body)); // 2 hi
 * ```
 */
export class Decoder {
  /** The head, as soon as it is whole. */
  head: Head | undefined = undefined;
  /** Number of bytes of the body that are still to come; 0 until the head is whole. */
  remaining = 0;
  /** Number of bytes of trailing data, after the declared body. They are ignored. */
  surplus = 0;

  readonly #maxBytes: number;
  /** The maximum number of names and values together. */
  readonly #maxStrings: number;
  /** Length of the netstring; -1 until its colon. */
  #length = -1;
  /** Number of the digits of the length so far, and their value. */
  #digits = 0;
  #digitsValue = 0;
  /** The variables and the comma so far, when they come in several pieces. */
  #buffer: GrowingBuffer | undefined;
  /** Number of NULs in the buffer: while it is even, a name is being read. */
  #nuls = 0;
  #failure: ScgiError | undefined;

  /** Each instance decodes one request. */
  constructor(options: DecoderOptions = {}) {
    this.#maxBytes = options.maxHeaderBytes ?? MAX_HEADER_BYTES;
    this.#maxStrings = 2 * (options.maxHeaders ?? MAX_HEADERS) || Infinity;
  }

  /** Whether a byte has arrived. */
  get started(): boolean {
    return this.#digits > 0;
  }

  /** Whether the head and the whole body have arrived. */
  get done(): boolean {
    return this.head !== undefined && this.remaining === 0;
  }

  /**
   * Decodes the next bytes of the request.
   *
   * @returns the bytes that belong to the body, as a view of the same memory.
   * @throws {ScgiError} `HEAD_INVALID` (400) or `HEAD_TOO_LARGE` (431); after that, at each call.
   */
  push(bytes: Uint8Array): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.head === undefined ? this.#pushHead(bytes) : this.#pushBody(bytes);
    } catch (error) {
      throw this.#failure = error as ScgiError;
    }
  }

  /**
   * Ends the input: the peer will send no more bytes.
   *
   * @throws {ScgiError} `HEAD_CUT` (400) inside the head and `BODY_CUT` (400) inside the body.
   * Returns where the request is whole, and where no byte has arrived.
   */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.head === undefined && this.started) throw failures.headCut();
    if (this.remaining > 0) throw failures.bodyCut(this.remaining);
  }

  #pushHead(bytes: Uint8Array): Uint8Array {
    let at = 0;
    while (this.#length < 0) {
      if (at === bytes.length) return EMPTY;
      this.#pushDigit(bytes[at++]!);
    }
    const missing = this.#length + 1 - (this.#buffer?.length ?? 0);
    const available = bytes.length - at;
    if (available < missing) {
      if (available > 0) this.#add(bytes.subarray(at));
      return EMPTY;
    }
    let source = bytes, start = at;
    if (this.#buffer !== undefined) {
      source = this.#add(bytes.subarray(at, at + missing)).bytes;
      start = 0;
    }
    const end = start + this.#length;
    const head = parseHead(source, start, end, this.#maxStrings);
    if (source[end] !== COMMA) throw failures.noComma();
    this.#buffer = undefined;
    this.head = head;
    this.remaining = head.contentLength;
    // A view of a small array makes Bun move its bytes, and most requests end with their head.
    return at + missing === bytes.length ? EMPTY : this.#pushBody(bytes.subarray(at + missing));
  }

  #pushDigit(byte: number): void {
    if (byte === COLON && this.#digits > 0) {
      this.#length = this.#digitsValue;
      if (this.#length === 0) throw failures.emptyHead();
      return;
    }
    if (byte < ZERO || byte > NINE) throw failures.notNetstring(byte, this.#digits);
    if (this.#digits > 0 && this.#digitsValue === 0) throw failures.leadingZero();
    this.#digits++;
    this.#digitsValue = this.#digitsValue * 10 + byte - ZERO;
    if (this.#digitsValue > this.#maxBytes) throw failures.tooLong(this.#maxBytes);
  }

  #pushBody(bytes: Uint8Array): Uint8Array {
    if (bytes.length <= this.remaining) {
      this.remaining -= bytes.length;
      return bytes;
    }
    const body = bytes.subarray(0, this.remaining);
    this.surplus += bytes.length - body.length;
    this.remaining = 0;
    return body;
  }

  #add(piece: Uint8Array): GrowingBuffer {
    const buffer = this.#buffer ??= new GrowingBuffer(
      this.#length + 1,
      Math.max(512, piece.length),
    );
    const from = buffer.length;
    buffer.add(piece);
    this.#checkPiece(buffer.bytes, from, buffer.length);
    return buffer;
  }

  /**
   * Refuses a piece of a head at its first wrong byte. A head that arrives in one piece, as nearly
   * all do, is checked by parseHead alone, which every head has to pass.
   */
  #checkPiece(bytes: Uint8Array, from: number, to: number): void {
    const value = FIRST_NAME.length;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (at === this.#length) {
        if (byte !== COMMA) throw failures.noComma();
        return;
      }
      if (this.#nuls === this.#maxStrings) throw failures.tooMany(this.#maxStrings);
      if (at < value && byte !== FIRST_NAME.charCodeAt(at)) throw failures.notFirst();
      if (this.#nuls === 1 && at >= value) {
        const digits = latin1(bytes, value, byte === 0 ? at : at + 1);
        if (digits.length > MAX_DIGITS || !isLength(digits)) throw failures.badLength();
      }
      if (byte === 0) {
        if (this.#nuls % 2 === 0 && bytes[at - 1] === 0) throw failures.emptyName();
        this.#nuls++;
      }
      if (at === this.#length - 1 && (byte !== 0 || this.#nuls % 2 !== 0)) {
        throw failures.unfinished();
      }
    }
  }
}
