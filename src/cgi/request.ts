/**
 * CGI variables to a `Request`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4
 * @module
 */

import { ScgiError } from "../errors.ts";
import { stripMount } from "./mount.ts";
import { badHost, readUrl, type UrlSource } from "./url.ts";
import type { Variables } from "./variables.ts";

/** What a request has beside its variables. */
export interface RequestParts {
  /** Length of the body in bytes. */
  contentLength: number;
  /** The body; none for `GET` and `HEAD`, whatever is given. */
  body?: Uint8Array | ReadableStream<Uint8Array> | null | undefined;
  /** Becomes `request.signal`. */
  signal?: AbortSignal | undefined;
  /** Where the path comes from. `"request-uri"` unless set. */
  urlFrom?: UrlSource | undefined;
  /** The mount prefix to take off the path, or `true` for the web server's `SCRIPT_NAME`. */
  stripPrefix?: string | boolean | undefined;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN = /^(?:CONNECT|TRACE|TRACK)$/i;
const BREAKS = /[\0\r\n]/g;

/** Fields that come from other variables, or that are the web server's business. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "transfer-encoding",
  "proxy",
]);

/** Header names by variable name; null for a variable that is no header. */
const names: Map<string, string | null> = new Map();
const NAMES_KEPT = 1024;

/**
 * The method of a request; without `REQUEST_METHOD`, `POST` where there is a body and `GET` where
 * not.
 */
export function readMethod(variables: Variables, contentLength: number): string {
  return variables.REQUEST_METHOD || (contentLength > 0 ? "POST" : "GET");
}

/** Whether a `Request` of this method can have a body. */
export function takesBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/**
 * Makes the `Request` that a client sent.
 *
 * @throws {ScgiError} `METHOD_UNSUPPORTED` (501) for a method that the runtime's `Request` cannot
 * have, `LENGTH_MISMATCH` (400), `HOST_INVALID` (400), `PREFIX_MISMATCH` (404).
 *
 * @example
 * ```ts
 * import { readVariables, toRequest } from "scgi/protocol";
 *
 * const pairs = ["REQUEST_METHOD", "GET", "REQUEST_URI", "/a b?c", "HTTP_HOST", "example.com"];
 * const request = toRequest(readVariables({ contentLength: 0, pairs }), { contentLength: 0 });
 * console.log(request.url); // http://example.com/a%20b?c
 * ```
 */
export function toRequest(variables: Variables, parts: RequestParts): Request {
  const { contentLength, body, signal, urlFrom, stripPrefix } = parts;
  const method = readMethod(variables, contentLength);
  if (!TOKEN.test(method) || FORBIDDEN.test(method)) throw badMethod(method);
  if (takesBody(method)) checkLength(variables, contentLength);
  let url = readUrl(variables, urlFrom);
  if (stripPrefix !== undefined && stripPrefix !== false) {
    url = stripMount(url, stripPrefix, variables);
  }
  // A runtime that makes GET of `get` would refuse its body before it can be seen to.
  const sent = takesBody(method.toUpperCase()) ? body : null;
  const request = construct(url, method, sent, signal, variables);
  if (request.method !== method) throw badMethod(method);
  appendHeaders(request.headers, variables, method, contentLength);
  return request;
}

function construct(
  url: string,
  method: string,
  body: RequestParts["body"],
  signal: AbortSignal | undefined,
  variables: Variables,
): Request {
  // `duplex` and a byte array over any buffer are missing in some of the type libraries.
  const init = { method, duplex: "half" } as RequestInit;
  if (body != null) init.body = body as BodyInit;
  if (signal !== undefined) init.signal = signal;
  try {
    return new Request(url, init);
  } catch (cause) {
    // No runtime refuses such a method, so what it refuses here is the host.
    throw badHost(variables.HTTP_HOST || variables.SERVER_NAME || String(cause));
  }
}

/** Headers are appended one by one: an init dictionary costs more than twice that on Deno. */
function appendHeaders(
  headers: Headers,
  variables: Variables,
  method: string,
  contentLength: number,
): void {
  for (const variable in variables) {
    if (!variable.startsWith("HTTP_")) continue;
    const name = headerName(variable);
    if (name !== null) headers.append(name, fieldValue(variables[variable]!));
  }
  if (variables.CONTENT_TYPE) headers.append("content-type", fieldValue(variables.CONTENT_TYPE));
  // A zero counts where a sender would write it (RFC 9110, section 8.6): web servers make it up.
  if (contentLength > 0 ? takesBody(method) : /^(?:POST|PUT|PATCH)$/.test(method)) {
    headers.append("content-length", String(contentLength));
  }
}

function headerName(variable: string): string | null {
  let name = names.get(variable);
  if (name === undefined) {
    name = variable.slice(5).replaceAll("_", "-").toLowerCase();
    if (!TOKEN.test(name) || NOT_PASSED.has(name)) name = null;
    if (names.size < NAMES_KEPT) names.set(variable, name);
  }
  return name;
}

function fieldValue(value: string): string {
  return value.replace(BREAKS, " ");
}

function checkLength({ HTTP_CONTENT_LENGTH: sent }: Variables, contentLength: number): void {
  if (!sent || Number(sent) === contentLength && /^[0-9]+$/.test(sent)) return;
  throw new ScgiError(
    "LENGTH_MISMATCH",
    `CONTENT_LENGTH is ${contentLength}, but HTTP_CONTENT_LENGTH is ${JSON.stringify(sent)}. ` +
      "Either this is nginx before 1.29.6 with scgi_request_buffering off, which needs " +
      "`scgi_param CONTENT_LENGTH $content_length if_not_empty;`, or the location passes no body " +
      "on, as for auth_request, and needs `scgi_param CONTENT_LENGTH 0; scgi_param " +
      'HTTP_CONTENT_LENGTH "";`',
    { status: 400 },
  );
}

function badMethod(method: string): ScgiError {
  return new ScgiError(
    "METHOD_UNSUPPORTED",
    `The method ${JSON.stringify(method)} is not one that a Request can have`,
    { status: 501 },
  );
}
