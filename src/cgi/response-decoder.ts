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
import { appendField, CONTROL, TOKEN } from "./fields.ts";
import { NOT_REASON } from "./reasons.ts";

/** The head of a response that was decoded. */
export interface DecodedHead {
  readonly status: number;
  readonly statusText: string;
  /** The fields but for `Status`, valid for a `Headers`. */
  readonly fields: readonly Field[];
  /** The value of `Content-Length`. */
  readonly length: number | undefined;
}

/** The name and the value of a header field. */
export type Field = readonly [name: string, value: string];

const LF = 10;
const CR = 13;
const MAX_HEAD_BYTES = 65536;
/** Headers of ten times as many lines take most runtimes half a second. */
const MAX_LINES = 1000;
/** Matches a status and its reason, with any punctuation that scripts write between the two. */
const STATUS = /^([0-9]{3})(?![0-9])[:;,.-]*\s*(.*)$/;
/** Matches what the value of a field cannot contain. A line has no LF. */
const BREAK = /[\0\r]/;
/** Matches a usual length, which is a safe integer. */
const LENGTH = /^[0-9]{1,15}$/;
/** Matches the status line of HTTP. */
const HTTP = /^HTTP\/[0-9.]+ ([0-9]{3})(?: (.*))?$/;
/** Matches the first line of a page of Python's cgitb, `<!--: spam`, which no field is. */
const MARKUP = /^<[^\s:]*:/;

/** Decodes the head of one response, however its bytes are split. */
export class ResponseDecoder {
  /** The head, as soon as it is whole. */
  head: DecodedHead | undefined;
  readonly #strict: boolean;
  readonly #switches: boolean;
  /** The beginning of a head that came in pieces. */
  #buffer: GrowingBuffer | undefined;
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
    return this.head === undefined && this.#buffer === undefined;
  }

  /**
   * Decodes the next bytes of the response.
   *
   * @returns the bytes that belong to the body.
   * @throws {ScgiError} `REPLY_INVALID`, `REPLY_STATUS` or `REPLY_HEAD_TOO_LARGE` (502).
   */
  push(bytes: Uint8Array): Uint8Array {
    if (this.head !== undefined || bytes.length === 0) return bytes;
    if (this.#buffer === undefined) {
      const end = lastLineOf(bytes);
      if (end !== undefined) {
        this.head = parseHead(latin1(bytes, 0, end), this.#strict, this.#switches);
        return bytes.subarray(end + (bytes[end] === CR ? 2 : 1));
      }
    }
    return this.#pushPiece(bytes);
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

  #pushPiece(bytes: Uint8Array): Uint8Array {
    const buffer = this.#buffer ??= new GrowingBuffer(MAX_HEAD_BYTES, 1024);
    let at = 0;
    while (at < bytes.length) {
      const lineEnd = bytes.indexOf(LF, at) + 1;
      const piece = bytes.subarray(at, lineEnd || bytes.length);
      if (buffer.length + piece.length > MAX_HEAD_BYTES) {
        throw invalid(`its head is over ${MAX_HEAD_BYTES} bytes`, "REPLY_HEAD_TOO_LARGE");
      }
      buffer.add(piece);
      at = lineEnd || bytes.length;
      if (lineEnd === 0) break;
      if (isLineEmpty(buffer.bytes, this.#lineStart, buffer.length)) {
        const text = latin1(buffer.bytes, 0, this.#lineStart);
        this.head = parseHead(text, this.#strict, this.#switches);
        this.#buffer = undefined;
        break;
      }
      if (++this.#lines > MAX_LINES) {
        throw invalid(`its head has over ${MAX_LINES} lines`, "REPLY_HEAD_TOO_LARGE");
      }
      this.#lineStart = buffer.length;
    }
    return bytes.subarray(at);
  }
}

/** The beginning of the empty line after a whole head; undefined where it is not there, or too far. */
function lastLineOf(bytes: Uint8Array): number | undefined {
  let start = 0;
  for (let lines = 0; lines <= MAX_LINES; lines++) {
    const end = bytes.indexOf(LF, start) + 1;
    if (end === 0 || end > MAX_HEAD_BYTES) return undefined;
    if (isLineEmpty(bytes, start, end)) return start;
    start = end;
  }
  return undefined;
}

/** Whether a line has no characters before its CR LF, or LF. */
function isLineEmpty(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 1 || end - start === 2 && bytes[start] === CR;
}

/** Adds decoded fields to headers. */
export function addFields(headers: Headers, fields: readonly Field[]): Headers {
  for (const [name, value] of fields) appendField(headers, name, value);
  return headers;
}

/** The value of the first field of a name in lower case; undefined where none has it. */
export function valueOf(fields: readonly Field[], name: string): string | undefined {
  return fields.find((field) => isNamed(field, name))?.[1];
}

function parseHead(text: string, strict: boolean, switches: boolean): DecodedHead {
  let status: string | undefined;
  const lengths: string[] = [];
  const fields: Field[] = [];
  for (let start = 0, first = true; start < text.length; first = false) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, text[end - 1] === "\r" && end > start ? end - 1 : end);
    start = end + 1;
    if (strict && CONTROL.test(line)) throw badLine(line);
    const http = first ? HTTP.exec(line) : null;
    if (http !== null) status = `${http[1]} ${http[2] ?? ""}`;
    if (http !== null || MARKUP.test(line)) continue;
    const field = parseLine(line);
    if (isNamed(field, "status")) status = field[1];
    else if (isNamed(field, "content-length")) lengths.push(field[1]);
    else addField(fields, field);
  }
  const length = lengths.length === 0 ? undefined : lengthIn(lengths.join(", "));
  if (length !== undefined) fields.push(["content-length", length]);
  const [code, statusText] = parseStatus(status ?? (valueOf(fields, "location") ? "302" : "200"));
  if ((code < 200 || code > 599) && !(switches && code === 101)) {
    throw invalid(`a Response cannot have its status ${code}`, "REPLY_STATUS");
  }
  return {
    status: code,
    statusText,
    fields,
    length: length === undefined ? undefined : Number(length),
  };
}

function parseStatus(text: string): [code: number, reason: string] {
  const status = STATUS.exec(text);
  if (status === null) throw invalid(`its Status is ${quoted(text)}`);
  return [Number(status[1]), (status[2] ?? "").replace(NOT_REASON, "")];
}

/** The value of `Content-Length`, which may be repeated (RFC 9110, section 8.6) or empty. */
function lengthIn(field: string): string | undefined {
  if (LENGTH.test(field)) return field;
  const [value, ...others] = new Set(
    field.split(",").map((part) => part.trim()).filter((part) => part !== ""),
  );
  if (value === undefined) return undefined;
  if (others.length > 0 || !/^[0-9]+$/.test(value) || !Number.isSafeInteger(Number(value))) {
    throw invalid(`its Content-Length is ${quoted(field)}`);
  }
  return value;
}

/** The field of a line. */
function parseLine(line: string): Field {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  const value = withoutBlanks(line, colon + 1);
  if (colon < 1 || !TOKEN.test(name) || BREAK.test(value)) throw badLine(line);
  return [name, value];
}

/** The text from an index on, without the white space around it. */
function withoutBlanks(line: string, start: number): string {
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (start < end && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === CR;
}

/** Adds a field. Of those that have one value the last counts, as for lighttpd and Apache. */
function addField(fields: Field[], field: Field): void {
  for (const name of ["location", "content-type"]) {
    if (!isNamed(field, name)) continue;
    const index = fields.findIndex((other) => isNamed(other, name));
    if (index >= 0) fields.splice(index, 1);
  }
  fields.push(field);
}

function isNamed([name]: Field, lowerCase: string): boolean {
  return name.length === lowerCase.length && name.toLowerCase() === lowerCase;
}

function badLine(line: string): ScgiError {
  return invalid(`${quoted(line)} is not a header line`);
}

function invalid(why: string, code: ScgiErrorCode = "REPLY_INVALID"): ScgiError {
  return new ScgiError(code, `The response of the SCGI server cannot be used: ${why}`, {
    status: 502,
  });
}
