/**
 * A `Response` to the header block of a CGI reply.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-6
 * @module
 */

import { ScgiError } from "../errors.ts";
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

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
const NOT_REASON = /[^\t\x20-\x7e\x80-\xff]+/g;

/** Whether no reply of this status has a body, whatever was asked. */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** Whether a Response is a stream of server-sent events. */
export function isEventStream({ headers }: Response): boolean {
  const type = headers.get("content-type");
  return type !== null && /^text\/event-stream\b/i.test(type);
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
  const dropped = connectionFields(headers);
  const decoded = isDecoded(response, info.decoded);
  let text = `Status: ${status} ${reason(response)}\r\n`;
  let given: string | undefined;
  headers.forEach((value, name) => {
    if (DROPPED.has(name) || dropped?.has(name)) return;
    if (CONTROL.test(value)) {
      throw invalid(`The header ${name} has a control character in its value`);
    }
    if (name === "content-length") {
      given = decoded ? undefined : value;
      return;
    }
    if (name === "content-encoding" && decoded) return;
    // Apache would run a local Location beside status 200 as a new request, in a loop.
    if (name === "location" && status === 200 && value.startsWith("/")) {
      value = absolute(value, info.url);
    }
    text += `${name}: ${value}\r\n`;
  });
  if (isEventStream(response) && !headers.has("x-accel-buffering")) {
    text += "x-accel-buffering: no\r\n";
  }
  const length = contentLength(status, given, info);
  if (length !== undefined) text += `content-length: ${length}\r\n`;
  return { text: `${text}\r\n`, length };
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
    throw invalid(`The Location ${JSON.stringify(location)} is no URL`);
  }
}

function reason({ status, statusText }: Response): string {
  const text = statusText.replace(NOT_REASON, " ").trim();
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
