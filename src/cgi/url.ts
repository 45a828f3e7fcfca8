/**
 * The URL that a client asked for, from CGI variables.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-3.3
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { checkTarget } from "./target.ts";
import type { Variables } from "./variables.ts";
import { webServer } from "./web-server.ts";

/** Where the path of `request.url` comes from. */
export type UrlSource = "request-uri" | "path-info";

const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/;

/** Bytes that a path or a query cannot hold as they are: controls, space, `#`, `\`, over 0x7E. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x20#\\\x7f-\xff]/g;

/** Bytes of a decoded path that would mean something else, or nothing, in a URL. */
const NOT_PATH = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g;

/**
 * The URL of a request, ready for `new Request`, which normalises it. Behind a web server that
 * decodes `REQUEST_URI` the path comes from `SCRIPT_NAME` and `PATH_INFO`, whatever `from` says.
 *
 * @throws {ScgiError} `HOST_INVALID` (400) where `HTTP_HOST` is no plain `host[:port]`;
 * `TARGET_INVALID` (400) where web servers take `REQUEST_URI` for another path than a URL has.
 */
export function readUrl(variables: Variables, from: UrlSource = "request-uri"): string {
  const target = from === "path-info" || isDecoded(variables)
    ? pathInfo(variables) ?? requestTarget(variables)
    : requestTarget(variables) ?? pathInfo(variables);
  return origin(variables) + (target ?? `/${query(variables)}`);
}

/** Whether `REQUEST_URI` cannot be read as a URL. The target of `OPTIONS *` is in no other variable. */
function isDecoded({ SERVER_SOFTWARE, REQUEST_URI }: Variables): boolean {
  return webServer(SERVER_SOFTWARE).decodesTarget && REQUEST_URI !== "*";
}

function origin(variables: Variables): string {
  const { HTTPS, REQUEST_SCHEME, HTTP_HOST } = variables;
  const https = HTTPS === "on" || HTTPS === "1" || REQUEST_SCHEME === "https";
  const scheme = https ? "https://" : "http://";
  if (!HTTP_HOST) return scheme + serverHost(variables, https);
  const origin = scheme + HTTP_HOST;
  // Bun's Request takes a name that is no punycode, and `new URL(request.url)` throws then.
  if (!HOST.test(HTTP_HOST) || /xn--/i.test(HTTP_HOST) && !URL.canParse(origin)) {
    throw badHost(HTTP_HOST);
  }
  return origin;
}

/** A name that is no host, as nginx has it from `server_name *.example.com`, counts as none. */
function serverHost({ SERVER_NAME: name, SERVER_PORT: port }: Variables, https: boolean): string {
  if (!name) return "localhost";
  const host = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  // A name with a port in it cannot be given another one.
  if (!isHost(`${host}:80`)) return "localhost";
  const authority = `${host}:${port}`;
  return !port || port === (https ? "443" : "80") || !isHost(authority) ? host : authority;
}

/** Whether a text is a plain `host[:port]` that a URL can have. */
export function isHost(authority: string): boolean {
  return HOST.test(authority) && URL.canParse(`http://${authority}`);
}

/** The error for a host that `new URL` refuses, or that says more than a host. */
export function badHost(host: string): ScgiError {
  return new ScgiError("HOST_INVALID", `${quoted(host)} is no host, or host:port`, {
    status: 400,
  });
}

/**
 * `REQUEST_URI` as a path: the authority of an absolute form is dropped, odd bytes encoded. The target
 * ends at `#`: nginx and lighttpd choose the location by what stands before it, and send all of it.
 */
function requestTarget(
  { REQUEST_URI: uri, SERVER_SOFTWARE }: Variables,
): string | undefined {
  if (!uri) return undefined;
  const path = uri.startsWith("/") ? uri : uri.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/, "");
  const target = encodeTarget(path.startsWith("/") ? path : `/${path}`);
  checkTarget(target, webServer(SERVER_SOFTWARE).resolvesTarget);
  return target;
}

/** A path and a query up to `#`, with what a URL cannot hold percent-encoded; `%` stays. */
export function encodeTarget(target: string): string {
  return encode(untilFragment(target), UNSAFE);
}

/** Percent-encoded bytes decoded, one code unit each. */
export function decodeEscapes(text: string): string {
  return text.replace(
    /%([0-9A-Fa-f]{2})/g,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
}

/** The path that the web server made of the target; it is decoded, so it is encoded again. */
function pathInfo(variables: Variables): string | undefined {
  const { SCRIPT_NAME = "", PATH_INFO = "", DOCUMENT_URI } = variables;
  const path = SCRIPT_NAME + PATH_INFO || DOCUMENT_URI;
  if (!path) return undefined;
  return encode(path.startsWith("/") ? path : `/${path}`, NOT_PATH) + query(variables);
}

function query({ QUERY_STRING }: Variables): string {
  const query = QUERY_STRING && untilFragment(QUERY_STRING);
  return query ? `?${encode(query, UNSAFE)}` : "";
}

function untilFragment(target: string): string {
  const end = target.indexOf("#");
  return end < 0 ? target : target.slice(0, end);
}

function encode(text: string, bytes: RegExp): string {
  return text.replace(
    bytes,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
