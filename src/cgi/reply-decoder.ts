/**
 * The header block of a CGI reply to the head of a `Response`: the client's direction.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-6
 * @module
 */

import { ScgiError, type ScgiErrorCode } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { latin1 } from "../scgi/latin1.ts";
import { appendField, CONTROL } from "./fields.ts";

/** The head of a reply. */
export interface DecodedReplyHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** The `Content-Length` that it declares. */
  readonly length: number | undefined;
}

const LF = 10;
const CR = 13;
const MAX_HEAD_BYTES = 65536;
/** Making headers of ten times as many takes most runtimes half a second. */
const MAX_FIELDS = 1000;
/** What Deno's Response refuses in a status text. */
const NOT_REASON = /[^\t\x20-\x7e\x80-\xff]+/g;

/** Decodes the head of one reply, however its bytes are split. */
export class ReplyDecoder {
  /** The head, as soon as it is whole. */
  head: DecodedReplyHead | undefined;
  readonly #strict: boolean;
  #held: Uint8Array = new Uint8Array(1024);
  #filled = 0;
  /** Where the line begins that is being read. */
  #line = 0;
  /** Lines that have come. */
  #lines = 0;

  /**
   * Makes a decoder.
   *
   * @param strict Whether a control character other than TAB is refused wherever it stands in the
   * head: what passes a reply on to an HTTP client must not pass that on.
   */
  constructor(strict = false) {
    this.#strict = strict;
  }

  /**
   * Takes the bytes that came next and gives the part of them that is body.
   *
   * @throws {ScgiError} `REPLY_INVALID`, `REPLY_STATUS` or `REPLY_HEAD_TOO_LARGE` (502).
   */
  push(bytes: Uint8Array): Uint8Array {
    if (this.head !== undefined) return bytes;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      this.#keep(byte);
      if (byte !== LF) continue;
      const { length } = this.#lineBefore();
      if (length === 0) {
        this.head = parseReply(latin1(this.#held, 0, this.#line), this.#strict);
        this.#held = new Uint8Array(0);
        return bytes.subarray(at + 1);
      }
      if (++this.#lines > MAX_FIELDS) {
        throw invalid(`its head has over ${MAX_FIELDS} lines`, "REPLY_HEAD_TOO_LARGE");
      }
      this.#line = this.#filled;
    }
    return bytes.subarray(bytes.length);
  }

  /**
   * Says that no more bytes will come.
   *
   * @throws {ScgiError} `REPLY_INVALID` (502) where the head is not whole.
   */
  end(): void {
    if (this.head !== undefined) return;
    throw invalid(
      this.#filled === 0 ? "the server closed without a byte" : "it ended inside its header block",
    );
  }

  #keep(byte: number): void {
    if (this.#filled === this.#held.length) {
      if (this.#filled >= MAX_HEAD_BYTES) {
        throw invalid(`its head is over ${MAX_HEAD_BYTES} bytes`, "REPLY_HEAD_TOO_LARGE");
      }
      const held = new Uint8Array(this.#held.length * 2);
      held.set(this.#held);
      this.#held = held;
    }
    this.#held[this.#filled++] = byte;
  }

  #lineBefore(): { length: number } {
    let end = this.#filled - 1;
    if (end > this.#line && this.#held[end - 1] === CR) end--;
    return { length: end - this.#line };
  }
}

function parseReply(text: string, strict: boolean): DecodedReplyHead {
  const lines = text.split(/\r?\n/).slice(0, -1);
  const unsafe = strict && lines.find((line) => CONTROL.test(line));
  if (unsafe) throw noHeader(unsafe);
  const http = /^HTTP\/[0-9.]+ ([0-9]{3})(?: (.*))?$/.exec(lines[0] ?? "");
  if (http !== null) lines.shift();
  const headers = new Headers();
  for (const line of lines) append(headers, line);
  const given = headers.get("status") ??
    (http === null ? undefined : `${http[1]} ${http[2] ?? ""}`);
  headers.delete("status");
  const fallback = headers.has("location") ? "302" : "200";
  const status = /^([0-9]{3})(?:\s+(.*))?$/.exec(given ?? fallback);
  if (status === null) throw invalid(`its Status is ${quoted(given)}`);
  const code = Number(status[1]);
  if (code < 200 || code > 599) {
    throw invalid(`no Response can have its status ${code}`, "REPLY_STATUS");
  }
  const length = headers.get("content-length");
  if (length !== null && !(/^[0-9]+$/.test(length) && Number.isSafeInteger(Number(length)))) {
    throw invalid(`its Content-Length is ${quoted(length)}`);
  }
  return {
    status: code,
    statusText: (status[2] ?? "").replace(NOT_REASON, ""),
    headers,
    length: length === null ? undefined : Number(length),
  };
}

function append(headers: Headers, line: string): void {
  const colon = line.indexOf(":");
  try {
    if (colon < 1) throw new TypeError("no colon");
    appendField(headers, line.slice(0, colon), line.slice(colon + 1));
  } catch {
    throw noHeader(line);
  }
}

function noHeader(line: string): ScgiError {
  return invalid(`${quoted(line)} is no header line`);
}

function invalid(why: string, code: ScgiErrorCode = "REPLY_INVALID"): ScgiError {
  return new ScgiError(code, `The SCGI server's reply cannot be used: ${why}`, {
    status: 502,
  });
}
