/**
 * The URL that a client asked for, from CGI variables.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-3.3
 * @module
 */

import { ScgiError } from "../errors.ts";
import type { Variables } from "./variables.ts";

/** Where the path of `request.url` comes from. */
export type UrlSource = "request-uri" | "path-info";

const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/;

/** Bytes that a path or a query cannot hold as they are: controls, space, `#`, `\`, over 0x7E. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x20#\\\x7f-\xff]/g;

/** Bytes of a decoded path that would mean something else, or nothing, in a URL. */
const NOT_PATH = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g;

/**
 * The URL of a request, ready for `new Request`, which normalises it.
 *
 * @throws {ScgiError} `HOST_INVALID` (400) where the host is no plain `host[:port]`.
 */
export function readUrl(variables: Variables, from: UrlSource = "request-uri"): string {
  const target = from === "path-info"
    ? pathInfo(variables) ?? requestTarget(variables)
    : requestTarget(variables) ?? pathInfo(variables);
  return origin(variables) + (target ?? `/${query(variables)}`);
}

function origin(variables: Variables): string {
  const { HTTPS, REQUEST_SCHEME, HTTP_HOST } = variables;
  const https = HTTPS === "on" || HTTPS === "1" || REQUEST_SCHEME === "https";
  const host = HTTP_HOST || serverHost(variables, https);
  const origin = `${https ? "https" : "http"}://${host}`;
  // Bun's Request takes a name that is no punycode, and `new URL(request.url)` throws then.
  if (!HOST.test(host) || /xn--/i.test(host) && !URL.canParse(origin)) throw badHost(host);
  return origin;
}

function serverHost({ SERVER_NAME: name, SERVER_PORT: port }: Variables, https: boolean): string {
  if (!name) return "localhost";
  const host = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return !port || port === (https ? "443" : "80") ? host : `${host}:${port}`;
}

/** The error for a host that `new URL` refuses, or that says more than a host. */
export function badHost(host: string): ScgiError {
  return new ScgiError("HOST_INVALID", `${JSON.stringify(host)} is no host, or host:port`, {
    status: 400,
  });
}

/** `REQUEST_URI` as a path: the authority of an absolute form is dropped, odd bytes encoded. */
function requestTarget({ REQUEST_URI: uri }: Variables): string | undefined {
  if (!uri) return undefined;
  const target = uri.startsWith("/")
    ? uri
    : uri.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/, "");
  return encodeTarget(target.startsWith("/") ? target : `/${target}`);
}

/** A path, or a path and a query, with what a URL cannot hold percent-encoded; `%` stays. */
export function encodeTarget(target: string): string {
  return encode(target, UNSAFE);
}

/** The path that the web server made of the target; it is decoded, so it is encoded again. */
function pathInfo(variables: Variables): string | undefined {
  const { SCRIPT_NAME = "", PATH_INFO = "", DOCUMENT_URI } = variables;
  const path = SCRIPT_NAME + PATH_INFO || DOCUMENT_URI;
  if (!path) return undefined;
  return encode(path.startsWith("/") ? path : `/${path}`, NOT_PATH) + query(variables);
}

function query({ QUERY_STRING }: Variables): string {
  return QUERY_STRING ? `?${encode(QUERY_STRING, UNSAFE)}` : "";
}

function encode(text: string, bytes: RegExp): string {
  return text.replace(
    bytes,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
