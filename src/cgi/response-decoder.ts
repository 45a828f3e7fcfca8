/**
 * Decodes the header block of a CGI response, for a client of an SCGI server.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-6
 * @module
 */

import { ScgiError, type ScgiErrorCode } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { GrowingBuffer } from "../scgi/bytes.ts";
import { latin1 } from "../scgi/latin1.ts";
import { appendField, CONTROL } from "./fields.ts";
import { NOT_REASON } from "./reasons.ts";

/** The head of a response that was decoded. */
export interface DecodedHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** The value of `Content-Length`. */
  readonly length: number | undefined;
}

const LF = 10;
const CR = 13;
const MAX_HEAD_BYTES = 65536;
/** Headers of ten times as many lines take most runtimes half a second. */
const MAX_LINES = 1000;
/** Matches a status and its reason, with any punctuation that scripts write between the two. */
const STATUS = /^([0-9]{3})(?![0-9])[:;,.-]*\s*(.*)$/;
/** Matches fields of which the last counts, as for lighttpd and Apache. */
const LAST_COUNTS = /^(?:status|location|content-type)$/i;
/** Matches the first line of a page of Python's cgitb, `<!--: spam`, which no field is. */
const MARKUP = /^<[^\s:]*:/;

/** Decodes the head of one response, however its bytes are split. */
export class ResponseDecoder {
  /** The head, as soon as it is whole. */
  head: DecodedHead | undefined;
  readonly #strict: boolean;
  readonly #switches: boolean;
  #buffer: GrowingBuffer = new GrowingBuffer(MAX_HEAD_BYTES, 1024);
  /** The index at which the current line begins. */
  #lineStart = 0;
  /** Number of whole lines. */
  #lines = 0;

  /**
   * @param strict Whether a control character other than TAB is refused in every part of the head,
   * as it must be where the response is forwarded to an HTTP client.
   * @param switches Whether the response may be of status 101, as the request asks for that.
   */
  constructor(strict = false, switches = false) {
    this.#strict = strict;
    this.#switches = switches;
  }

  /** Whether no byte of the response has come. */
  get isEmpty(): boolean {
    return this.head === undefined && this.#buffer.length === 0;
  }

  /**
   * Decodes the next bytes of the response.
   *
   * @returns the bytes that belong to the body.
   * @throws {ScgiError} `REPLY_INVALID`, `REPLY_STATUS` or `REPLY_HEAD_TOO_LARGE` (502).
   */
  push(bytes: Uint8Array): Uint8Array {
    if (this.head !== undefined) return bytes;
    let at = 0;
    while (at < bytes.length) {
      const lineEnd = bytes.indexOf(LF, at) + 1;
      this.#add(bytes.subarray(at, lineEnd || bytes.length));
      at = lineEnd || bytes.length;
      if (lineEnd === 0) break;
      if (this.#isLineEmpty()) {
        const text = latin1(this.#buffer.bytes, 0, this.#lineStart);
        this.head = parseHead(text, this.#strict, this.#switches);
        this.#buffer = new GrowingBuffer(0, 0);
        break;
      }
      if (++this.#lines > MAX_LINES) {
        throw invalid(`its head has over ${MAX_LINES} lines`, "REPLY_HEAD_TOO_LARGE");
      }
      this.#lineStart = this.#buffer.length;
    }
    return bytes.subarray(at);
  }

  /**
   * Ends the input: the server will send no more bytes.
   *
   * @throws {ScgiError} `REPLY_INVALID` (502) where the head is not whole.
   */
  end(): void {
    if (this.head !== undefined) return;
    throw invalid("it ended inside its header block");
  }

  #add(bytes: Uint8Array): void {
    if (this.#buffer.length + bytes.length > MAX_HEAD_BYTES) {
      throw invalid(`its head is over ${MAX_HEAD_BYTES} bytes`, "REPLY_HEAD_TOO_LARGE");
    }
    this.#buffer.add(bytes);
  }

  /** Whether the buffer ends in a line without characters before its CR LF, or LF. */
  #isLineEmpty(): boolean {
    const { bytes, length } = this.#buffer;
    const line = length - this.#lineStart;
    return line === 1 || line === 2 && bytes[this.#lineStart] === CR;
  }
}

function parseHead(text: string, strict: boolean, switches: boolean): DecodedHead {
  const lines = text.split(/\r?\n/).slice(0, -1);
  const unsafe = strict && lines.find((line) => CONTROL.test(line));
  if (unsafe) throw badLine(unsafe);
  const http = /^HTTP\/[0-9.]+ ([0-9]{3})(?: (.*))?$/.exec(lines[0] ?? "");
  if (http !== null) lines.shift();
  const headers = new Headers();
  for (const line of lines) append(headers, line);
  const given = headers.get("status") ??
    (http === null ? undefined : `${http[1]} ${http[2] ?? ""}`);
  headers.delete("status");
  const fallback = headers.get("location") ? "302" : "200";
  const status = STATUS.exec(given ?? fallback);
  if (status === null) throw invalid(`its Status is ${quoted(given)}`);
  const code = Number(status[1]);
  if ((code < 200 || code > 599) && !(switches && code === 101)) {
    throw invalid(`a Response cannot have its status ${code}`, "REPLY_STATUS");
  }
  return {
    status: code,
    statusText: (status[2] ?? "").replace(NOT_REASON, ""),
    headers,
    length: takeLength(headers),
  };
}

/** The value of `Content-Length`, which may be repeated (RFC 9110, section 8.6) or empty. */
function takeLength(headers: Headers): number | undefined {
  const field = headers.get("content-length");
  if (field === null) return undefined;
  const [value, ...others] = new Set(
    field.split(",").map((part) => part.trim()).filter((part) => part !== ""),
  );
  headers.delete("content-length");
  if (value === undefined) return undefined;
  const length = Number(value);
  if (others.length > 0 || !/^[0-9]+$/.test(value) || !Number.isSafeInteger(length)) {
    throw invalid(`its Content-Length is ${quoted(field)}`);
  }
  headers.set("content-length", value);
  return length;
}

function append(headers: Headers, line: string): void {
  if (MARKUP.test(line)) return;
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  try {
    if (colon < 1) throw new TypeError("no colon");
    if (LAST_COUNTS.test(name)) headers.delete(name);
    appendField(headers, name, line.slice(colon + 1));
  } catch {
    throw badLine(line);
  }
}

function badLine(line: string): ScgiError {
  return invalid(`${quoted(line)} is not a header line`);
}

function invalid(why: string, code: ScgiErrorCode = "REPLY_INVALID"): ScgiError {
  return new ScgiError(code, `The response of the SCGI server cannot be used: ${why}`, {
    status: 502,
  });
}
