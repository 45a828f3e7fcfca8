/**
 * The server's half of the wire: bytes of an SCGI request in, its head and body out. It reads no
 * socket and waits for nothing.
 *
 * @see https://python.ca/scgi/protocol.txt
 * @module
 */

import { ScgiError } from "../errors.ts";
import { latin1 } from "./latin1.ts";
import { hashByte, internName } from "./names.ts";

/** The head of an SCGI request: its variables as they came. */
export interface Head {
  /** Length of the body in bytes: the last `CONTENT_LENGTH` that is not empty. */
  readonly contentLength: number;
  /** Names and values in turn, in wire order, one UTF-16 code unit for each byte (latin1). */
  readonly pairs: readonly string[];
  /** Whether all of them are ASCII, so that there is nothing to decode. */
  readonly ascii?: boolean | undefined;
}

/** Options of a {@linkcode Decoder}. */
export interface DecoderOptions {
  /** The longest head that is taken, in bytes. 65536 unless set. */
  maxHeaderBytes?: number | undefined;
  /** The most variables that a head may have; 0 is no limit. 1000 unless set. */
  maxHeaders?: number | undefined;
}

/** The longest head that is taken where nothing else is said, in bytes. */
export const MAX_HEADER_BYTES: number = 65536;
/** The most variables that a head may have where nothing else is said. */
export const MAX_HEADERS = 1000;

const ZERO = 0x30, NINE = 0x39, COLON = 0x3a, COMMA = 0x2c;
const MOST_DIGITS = 16;
const FIRST_NAME = "CONTENT_LENGTH\0";
const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Decodes one SCGI request, however its bytes are split. Each byte is looked at a bounded number
 * of times, the body is never copied, and what cannot become a valid request is refused at the
 * first byte that shows it.
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
  /** Bytes of the body that are still to come; 0 until the head is whole. */
  remaining = 0;
  /** Bytes that came after the declared body. They are ignored. */
  surplus = 0;

  readonly #limit: number;
  /** The most names and values that are taken. */
  readonly #most: number;
  /** Length that the netstring claims; -1 until its colon. */
  #length = -1;
  /** Digits of it that have come, and what they say. */
  #digits = 0;
  #claimed = 0;
  /** What has come of the variables and the comma, when they come in several pieces. */
  #held: Uint8Array = EMPTY;
  #filled = 0;
  /** NULs among the held bytes: an even number of them means that a name is being read. */
  #nuls = 0;
  #failure: ScgiError | undefined;

  /** Makes a decoder for one request. */
  constructor(options: DecoderOptions = {}) {
    this.#limit = options.maxHeaderBytes ?? MAX_HEADER_BYTES;
    this.#most = 2 * (options.maxHeaders ?? MAX_HEADERS) || Infinity;
  }

  /** Whether a byte has come. */
  get started(): boolean {
    return this.#digits > 0;
  }

  /** Whether the head and the whole body have come. */
  get done(): boolean {
    return this.head !== undefined && this.remaining === 0;
  }

  /**
   * Takes the bytes that came next and gives the part of them that is body, as a view of the same
   * memory.
   *
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
   * Says that no more bytes will come.
   *
   * @throws {ScgiError} `HEAD_CUT` (400) inside the head and `BODY_CUT` inside the body; nothing
   * where the request is whole, and nothing where no byte came.
   */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.head === undefined && this.started) {
      throw new ScgiError(
        "HEAD_CUT",
        "The connection ended inside the head of the SCGI request",
        { status: 400 },
      );
    }
    if (this.remaining > 0) throw bodyCut(this.remaining);
  }

  #pushHead(bytes: Uint8Array): Uint8Array {
    let at = 0;
    while (this.#length < 0) {
      if (at === bytes.length) return EMPTY;
      this.#pushDigit(bytes[at++]!);
    }
    const missing = this.#length + 1 - this.#filled;
    const available = bytes.length - at;
    if (available < missing) {
      this.#hold(bytes.subarray(at));
      return EMPTY;
    }
    let held = bytes, start = at;
    if (this.#filled > 0) {
      this.#hold(bytes.subarray(at, at + missing));
      held = this.#held;
      start = 0;
    }
    const end = start + this.#length;
    const head = parseHead(held, start, end, this.#most);
    if (held[end] !== COMMA) throw invalid("the netstring does not end in a comma");
    this.#held = EMPTY;
    this.head = head;
    this.remaining = head.contentLength;
    // A view of a small array makes Bun move its bytes, and most requests end with their head.
    return at + missing === bytes.length ? EMPTY : this.#pushBody(bytes.subarray(at + missing));
  }

  #pushDigit(byte: number): void {
    if (byte === COLON && this.#digits > 0) {
      this.#length = this.#claimed;
      if (this.#length === 0) throw invalid("the head is empty");
      return;
    }
    if (byte < ZERO || byte > NINE) throw notScgi(byte, this.#digits);
    if (this.#digits > 0 && this.#claimed === 0) {
      throw invalid("the length of the head has a leading zero");
    }
    this.#digits++;
    this.#claimed = this.#claimed * 10 + byte - ZERO;
    if (this.#claimed > this.#limit) {
      throw new ScgiError(
        "HEAD_TOO_LARGE",
        `The head is over ${this.#limit} bytes; send smaller headers or raise maxHeaderBytes`,
        { status: 431 },
      );
    }
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

  #hold(bytes: Uint8Array): void {
    const filled = this.#filled + bytes.length;
    if (filled > this.#held.length) {
      const size = Math.min(this.#length + 1, Math.max(512, filled, this.#held.length * 2));
      const held = new Uint8Array(size);
      held.set(this.#held.subarray(0, this.#filled));
      this.#held = held;
    }
    this.#held.set(bytes, this.#filled);
    this.#glance(this.#filled, filled);
    this.#filled = filled;
  }

  /**
   * Refuses part of a head as soon as a byte of it is wrong. A head that comes in one piece, as
   * nearly all do, is checked by parseHead alone, which every head has to pass.
   */
  #glance(from: number, to: number): void {
    const held = this.#held;
    const value = FIRST_NAME.length;
    for (let at = from; at < to; at++) {
      const byte = held[at]!;
      if (at === this.#length) {
        if (byte !== COMMA) throw invalid("the netstring does not end in a comma");
        return;
      }
      if (this.#nuls === this.#most) throw tooMany(this.#most);
      if (at < value && byte !== FIRST_NAME.charCodeAt(at)) throw notFirst();
      if (this.#nuls === 1 && at >= value) {
        const digits = latin1(held, value, byte === 0 ? at : at + 1);
        if (digits.length > MOST_DIGITS || !isLength(digits)) throw badLength();
      }
      if (byte === 0) {
        if (this.#nuls % 2 === 0 && held[at - 1] === 0) throw emptyName();
        this.#nuls++;
      }
      if (at === this.#length - 1 && (byte !== 0 || this.#nuls % 2 !== 0)) throw unfinished();
    }
  }
}

/** The client left in the middle of its upload. */
export function bodyCut(remaining: number, cause?: unknown): ScgiError {
  return new ScgiError("BODY_CUT", `The client left with ${remaining} bytes of the body unsent`, {
    status: 400,
    cause,
  });
}

/** How many names and values the last head had: the next one's list need not grow to it. */
let usualLength = 0;
/** What is made room for at most: a head with many names is no measure for the next. */
const MOST_ROOM = 256;

/** Splits a netstring into names and values, and checks what the specification asks. */
function parseHead(bytes: Uint8Array, start: number, end: number, most: number): Head {
  const text = latin1(bytes, start, end);
  if (!text.startsWith(FIRST_NAME)) throw notFirst();
  const pairs = new Array<string>(usualLength);
  let count = 0;
  let contentLength = -1;
  let scgi = "";
  let seen = 0;
  let lengthsAreRight = true;
  for (let at = start; at < end; at++) {
    if (count === most) throw tooMany(most);
    const nameStart = at;
    let byte: number, hash = 0;
    while (at < end && (byte = bytes[at]!) !== 0) {
      hash = hashByte(hash, byte);
      seen |= byte;
      at++;
    }
    if (at === nameStart) throw emptyName();
    const nameEnd = at++;
    while (at < end && (byte = bytes[at]!) !== 0) {
      seen |= byte;
      at++;
    }
    if (at >= end) throw unfinished();
    const name = internName(text, nameStart - start, bytes, nameStart, nameEnd, hash);
    const value = text.substring(nameEnd + 1 - start, at - start);
    if (name === "CONTENT_LENGTH") {
      if (count === 0) contentLength = parseLength(value);
      else if (isLength(value)) contentLength = Number(value);
      else if (value !== "") lengthsAreRight = false;
    } else if (name === "SCGI" && value !== "") {
      scgi = value;
    }
    pairs[count++] = name;
    pairs[count++] = value;
  }
  // Only a whole head shows these two, so that a head with too many variables is refused for those.
  if (!lengthsAreRight) throw badLength();
  if (scgi !== "1") {
    throw invalid(
      scgi === ""
        ? "the variable SCGI is missing. Include the web server's SCGI parameters: for nginx, " +
          "`include scgi_params;` beside scgi_pass"
        : "the variable SCGI is not 1",
    );
  }
  pairs.length = count;
  usualLength = Math.min(count, MOST_ROOM);
  return { contentLength, pairs, ascii: seen < 0x80 };
}

function parseLength(value: string): number {
  if (value === "0") return 0;
  if (!isLength(value)) throw badLength();
  return Number(value);
}

/** Whether a text is a length, or the beginning of one. */
function isLength(digits: string): boolean {
  return /^(?:0|[1-9][0-9]*)$/.test(digits) && Number.isSafeInteger(Number(digits));
}

function notScgi(byte: number, digits: number): ScgiError {
  if (digits === 0 && byte === 0x16) {
    return invalid("it begins like TLS. Let the web server speak SCGI to this address");
  }
  if (digits === 0 && byte >= 0x41 && byte <= 0x5a) {
    return invalid("it begins like HTTP. Use scgi_pass, not proxy_pass, to reach this address");
  }
  return invalid("it does not begin with a length in digits and a colon");
}

function tooMany(most: number): ScgiError {
  return new ScgiError(
    "HEAD_TOO_LARGE",
    `The head has over ${most / 2} variables; send fewer header fields or raise maxHeaders`,
    { status: 431 },
  );
}

const notFirst = () => invalid("CONTENT_LENGTH is not the first variable");
const emptyName = () => invalid("a variable has an empty name");
const unfinished = () => invalid("the last variable does not end in a NUL");
const badLength = () => invalid("CONTENT_LENGTH is no plain decimal number");

function invalid(why: string): ScgiError {
  return new ScgiError("HEAD_INVALID", `This is no SCGI request: ${why}`, { status: 400 });
}
