/**
 * A `Response` to the header block of a CGI reply.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-6
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { CONTROL } from "./fields.ts";
import { connectionFields, HOP_BY_HOP } from "./hop-by-hop.ts";
import { REASONS } from "./reasons.ts";

/** What the head of a reply depends on beside its Response. */
export interface ReplyInfo {
  /** Method of the request. */
  method: string;
  /** URL of the request, against which a local `Location` is completed. */
  url: string;
  /** Length of the body in bytes, where it is known. */
  length?: number | undefined;
  /** The `Content-Type` where the Response has none. */
  type?: string | undefined;
  /** Values of `Set-Cookie` fields beside those of the Response. */
  setCookies?: readonly string[] | undefined;
  /** Matches a content coding that `fetch()` takes off a body, while the headers go on naming it. */
  decoded?: RegExp | undefined;
  /** False where a `Content-Length` that is not reached would be worse than none. */
  declareLength?: boolean | undefined;
}

/** The head of a reply. */
export interface ReplyHead {
  /** The header block with its empty line, one UTF-16 code unit for each byte (latin1). */
  readonly text: string;
  /** The `Content-Length` that it declares. */
  readonly length: number | undefined;
}

/** Fields that are the web server's business, or that would break the framing. */
const DROPPED: ReadonlySet<string> = new Set([...HOP_BY_HOP, "status", "proxy-authenticate"]);

const EVENT_STREAM = /^text\/event-stream\b/i;
const NOT_REASON = /[^\t\x20-\x7e\x80-\xff]+/g;

/** Whether no reply of this status has a body, whatever was asked. */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** Whether a Response is a stream of server-sent events. */
export function isEventStream({ headers }: Response): boolean {
  const type = headers.get("content-type");
  return type !== null && EVENT_STREAM.test(type);
}

/**
 * Encodes the head of a reply.
 *
 * @throws {ScgiError} `RESPONSE_INVALID` where the status or a header cannot be sent.
 *
 * @example
 * ```ts
 * import { encodeReplyHead } from "scgi/protocol";
 *
 * const response = new Response(null, { status: 303, headers: { location: "/done" } });
 * const { text } = encodeReplyHead(response, { method: "POST", url: "http://localhost/" });
 * console.log(text); // Status: 303 See Other …
 * ```
 */
export function encodeReplyHead(response: Response, info: ReplyInfo): ReplyHead {
  const { status, headers } = response;
  if (!(status >= 200 && status <= 599)) {
    throw invalid(
      status === 101
        ? "Status 101 cannot be sent: SCGI carries no upgrade"
        : `A Response with status ${status} cannot be sent`,
    );
  }
  let fields = new Fields(response, info);
  headers.forEach(fields.add, fields);
  // What Connection names may have been taken before it came.
  if (fields.connection) {
    fields = new Fields(response, info, connectionFields(headers));
    headers.forEach(fields.add, fields);
  }
  const { type, setCookies } = info;
  if (setCookies !== undefined) {
    for (const cookie of setCookies) fields.add(cookie, "set-cookie");
  }
  const untyped = type !== undefined && !fields.typed;
  if (untyped && CONTROL.test(type)) fields.invalid = "content-type";
  if (fields.invalid !== undefined) {
    throw invalid(`The header ${fields.invalid} has a control character in its value`);
  }
  let { text } = fields;
  if (untyped) text = `content-type: ${type}\r\n${text}`;
  if (fields.eventStream && !headers.has("x-accel-buffering")) text += "x-accel-buffering: no\r\n";
  const length = contentLength(status, fields.contentLength, info);
  if (length !== undefined) text += `content-length: ${length}\r\n`;
  return { text: `Status: ${status} ${reason(response)}\r\n${text}\r\n`, length };
}

/** The fields of a reply, in one pass over its headers: a look at one costs as much as the pass. */
class Fields {
  text = "";
  contentLength: string | undefined;
  eventStream = false;
  /** Whether there is a Content-Type. */
  typed = false;
  /** Whether there is a Connection. */
  connection = false;
  /** The name of one that cannot be sent. */
  invalid: string | undefined;
  readonly #response: Response;
  readonly #info: ReplyInfo;
  readonly #dropped: Set<string> | undefined;

  constructor(response: Response, info: ReplyInfo, dropped?: Set<string>) {
    this.#response = response;
    this.#info = info;
    this.#dropped = dropped;
  }

  add(value: string, name: string): void {
    if (this.#dropped?.has(name)) return;
    switch (name) {
      case "connection":
        this.connection = true;
        return;
      case "content-length":
        this.contentLength = isDecoded(this.#response, this.#info.decoded) ? undefined : value;
        return;
      case "content-encoding":
        if (isDecoded(this.#response, this.#info.decoded)) return;
        break;
      case "content-type":
        this.typed = true;
        this.eventStream = EVENT_STREAM.test(value);
        break;
      case "location":
        // Apache would run a local Location beside status 200 as a new request, in a loop.
        if (this.#response.status === 200 && value.startsWith("/")) {
          value = absolute(value, this.#info.url);
        }
    }
    if (DROPPED.has(name)) return;
    if (CONTROL.test(value)) this.invalid ??= name;
    this.text += `${name}: ${value}\r\n`;
  }
}

/** The given length counts where the true one is not known, and has to be a plain decimal. */
function contentLength(
  status: number,
  given: string | undefined,
  { length, declareLength = true }: ReplyInfo,
): number | undefined {
  if (status === 204 || status === 205 || !declareLength) return undefined;
  if (length !== undefined) return length;
  const number = given !== undefined && /^[0-9]+$/.test(given) ? Number(given) : NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

function absolute(location: string, url: string): string {
  try {
    return new URL(location, url).href;
  } catch {
    throw invalid(`The Location ${quoted(location)} is no URL`);
  }
}

function reason({ status, statusText }: Response): string {
  const text = statusText && statusText.replace(NOT_REASON, " ").trim();
  return text || REASONS[status] || "Unknown";
}

/** Whether the runtime has decoded the body: that of a Response from `fetch()`. */
function isDecoded(response: Response, codings: RegExp | undefined): boolean {
  const coding = response.headers.get("content-encoding");
  return coding !== null && response.url !== "" && codings?.test(coding) === true;
}

function invalid(message: string): ScgiError {
  return new ScgiError("RESPONSE_INVALID", message, { status: 500 });
}
