/**
 * Encodes the head of a `Response` as the header block of a CGI response.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-6
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { CONTROL } from "./fields.ts";
import { connectionFields, HOP_BY_HOP } from "./hop-by-hop.ts";
import { NOT_REASON, REASONS } from "./reasons.ts";

/** The values that the head of a response depends on, beside the `Response` itself. */
export interface ReplyInfo {
  /** Method of the request. */
  method: string;
  /** URL of the request, the base of a relative `Location`. */
  url: string;
  /** Length of the body in bytes, where it is known. */
  length?: number | undefined;
  /** Default of `Content-Type`. */
  type?: string | undefined;
  /** Values of `Set-Cookie` fields beside those of the `Response`. */
  setCookies?: readonly string[] | undefined;
  /**
   * Tells whether `fetch()` has decoded the body of a Response that has a `Content-Encoding`, so that
   * the field and `Content-Length` are not true of the body.
   */
  decoded?: ((response: Response) => boolean) | undefined;
  /** Whether to declare a `Content-Length`, which harms if the body ends early. `true` unless set. */
  declareLength?: boolean | undefined;
  /**
   * Whether the body leaves as it is made, and nginx is told to pass it on so (`X-Accel-Buffering: no`).
   * Server-sent events always are. `false` unless set.
   */
  unbuffered?: boolean | undefined;
}

/** The head of a response. */
export interface ReplyHead {
  /** The header block with its empty line, one UTF-16 code unit for each byte (latin1). */
  readonly text: string;
  /** The value of `Content-Length` in it. */
  readonly length: number | undefined;
}

/** Fields that the web server sets itself, or that would break the framing. */
const DROPPED: ReadonlySet<string> = new Set([...HOP_BY_HOP, "status", "proxy-authenticate"]);

const EVENT_STREAM = /^text\/event-stream\b/i;

/** Whether responses of this status never have a body. */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** The failure to send a Response whose body was used. */
export function unusable(): ScgiError {
  return invalid(
    "The Response cannot be sent: its body was used before. Make a new Response for each request, or " +
      "return clone() of the Response that is kept",
  );
}

/**
 * The length in bytes that a Response declares for its body, where it is a plain decimal.
 *
 * @param decoded As in {@linkcode ReplyInfo}.
 */
export function declaredLength(
  response: Response,
  decoded?: ReplyInfo["decoded"],
): number | undefined {
  const { headers } = response;
  const given = headers.get("content-length");
  if (given === null) return undefined;
  if (headers.has("content-encoding") && decoded?.(response) === true) return undefined;
  return parseLength(given);
}

/** Whether a Response is a stream of server-sent events. */
export function isEventStream({ headers }: Response): boolean {
  const type = headers.get("content-type");
  return type !== null && EVENT_STREAM.test(type);
}

/**
 * Encodes the head of a `Response` for a web server.
 *
 * @throws {ScgiError} `RESPONSE_INVALID` (500) where the status or a header cannot be sent.
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
        ? "Status 101 cannot be sent: the Response is not the one that an upgrade of this request " +
          "gave. Return the response of upgradeWebSocket(request)"
        : `A Response with status ${status} cannot be sent`,
    );
  }
  let fields = new Fields(response, info);
  headers.forEach(fields.add, fields);
  // Fields that Connection names may have been added before it.
  if (fields.connection) {
    fields = new Fields(response, info, connectionFields(headers.get("connection")));
    headers.forEach(fields.add, fields);
  }
  const { type, setCookies } = info;
  if (setCookies !== undefined) {
    for (const cookie of setCookies) fields.add(cookie, "set-cookie");
  }
  const untyped = type !== undefined && !fields.typed;
  if (untyped && CONTROL.test(type)) fields.invalid = "content-type";
  if (fields.invalid !== undefined) {
    throw hasControl(fields.invalid);
  }
  let { text } = fields;
  if (untyped) text = `content-type: ${type}\r\n${text}`;
  const unbuffered = fields.eventStream || info.unbuffered === true;
  if (unbuffered && !headers.has("x-accel-buffering")) text += "x-accel-buffering: no\r\n";
  const given = fields.decoded ? undefined : fields.contentLength;
  const length = contentLength(status, given, info);
  if (length !== undefined) text += `content-length: ${length}\r\n`;
  return { text: `Status: ${status} ${reason(response)}\r\n${text}\r\n`, length };
}

/**
 * Encodes the head of the response that makes an upgrade: `Status` and `Upgrade` come first, without
 * which lighttpd opens no tunnel.
 *
 * @param name The protocol that the connection switches to.
 * @param setCookies Values of `Set-Cookie` fields beside those of the `Response`.
 * @throws {ScgiError} `RESPONSE_INVALID` (500) where a header cannot be sent.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.2.2
 */
export function encodeUpgradeHead(
  { headers }: Response,
  name: string,
  setCookies: readonly string[] = [],
): string {
  let text = `Status: 101 Switching Protocols\r\nUpgrade: ${name}\r\nConnection: Upgrade\r\n`;
  const dropped = connectionFields(headers.get("connection"));
  const add = (value: string, name: string): void => {
    if (DROPPED.has(name) || dropped.has(name) || name === "content-length") return;
    if (CONTROL.test(value)) throw hasControl(name);
    text += `${name}: ${value}\r\n`;
  };
  headers.forEach(add);
  for (const cookie of setCookies) add(cookie, "set-cookie");
  return `${text}\r\n`;
}

/** The fields of a response, read in one pass, which costs no more than `get()` of one field. */
class Fields {
  text = "";
  contentLength: string | undefined;
  eventStream = false;
  /** Whether the response has a Content-Type. */
  typed = false;
  /** Whether the response has a Content-Encoding that is not true of its body. */
  decoded = false;
  /** Whether the response has a Connection field. */
  connection = false;
  /** Name of a field that cannot be sent. */
  invalid: string | undefined;
  readonly #response: Response;
  readonly #info: ReplyInfo;
  readonly #dropped: ReadonlySet<string> | undefined;

  constructor(response: Response, info: ReplyInfo, dropped?: ReadonlySet<string>) {
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
        this.contentLength = value;
        return;
      case "content-encoding":
        if (this.#info.decoded?.(this.#response) === true) {
          this.decoded = true;
          return;
        }
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

/** The length of the body, or, where that is unknown, a Content-Length that is a plain decimal. */
function contentLength(
  status: number,
  given: string | undefined,
  { length, declareLength = true }: ReplyInfo,
): number | undefined {
  if (status === 204 || status === 205 || !declareLength) return undefined;
  return length ?? (given === undefined ? undefined : parseLength(given));
}

function parseLength(text: string): number | undefined {
  const number = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

function absolute(location: string, url: string): string {
  try {
    return new URL(location, url).href;
  } catch {
    throw invalid(`The Location ${quoted(location)} is not a URL`);
  }
}

function reason({ status, statusText }: Response): string {
  const text = statusText && statusText.replace(NOT_REASON, " ").trim();
  return text || REASONS[status] || "Unknown";
}

function hasControl(name: string): ScgiError {
  return invalid(`The header ${name} has a control character in its value`);
}

function invalid(message: string): ScgiError {
  return new ScgiError("RESPONSE_INVALID", message, { status: 500 });
}
