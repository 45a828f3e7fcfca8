/**
 * The URL of a request from its CGI variables.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-3.3
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { checkTarget } from "./ambiguous-target.ts";
import { percentEncode } from "./percent.ts";
import type { Variables } from "./variables.ts";
import { webServer } from "./web-server.ts";

/**
 * The variables that the path of `request.url` is read from: `REQUEST_URI`, or `SCRIPT_NAME` and
 * `PATH_INFO`. Where those are missing, the others are read.
 */
export type UrlSource = "request-uri" | "path-info";

const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/;

/** Matches bytes to encode in a query: controls, space, `#`, bytes over 0x7E. */
// deno-lint-ignore no-control-regex
const UNSAFE_IN_QUERY = /[\x00-\x20#\x7f-\xff]/g;

/** Matches bytes to encode in a path: those and `\`, which a URL takes for a slash there. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x20#\\\x7f-\xff]/g;

/** Matches bytes to encode in a decoded path: those that are not literal in the path of a URL. */
const NOT_PATH = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g;

/**
 * The URL of a request, for `new Request`, which normalises it. Behind a web server that decodes
 * `REQUEST_URI`, `from` is ignored: the path is read from `SCRIPT_NAME` and `PATH_INFO`.
 *
 * @throws {ScgiError} `HOST_INVALID` (400) where `HTTP_HOST` is not a plain `host[:port]`;
 * `TARGET_INVALID` (400) where web servers resolve `REQUEST_URI` to a different path than a URL.
 */
export function readUrl(variables: Variables, from: UrlSource = "request-uri"): string {
  const target = from === "path-info" || isDecoded(variables)
    ? pathInfo(variables) ?? requestTarget(variables)
    : requestTarget(variables) ?? pathInfo(variables);
  return origin(variables) + (target ?? `/${query(variables)}`);
}

/** Whether `REQUEST_URI` is decoded. Only it has the target of `OPTIONS *`, so `*` is read as it is. */
function isDecoded({ SERVER_SOFTWARE, REQUEST_URI }: Variables): boolean {
  return webServer(SERVER_SOFTWARE).decodesTarget && REQUEST_URI !== "*";
}

function origin(variables: Variables): string {
  const { HTTPS, REQUEST_SCHEME, HTTP_HOST } = variables;
  const https = HTTPS === "on" || HTTPS === "1" || REQUEST_SCHEME === "https";
  const scheme = https ? "https://" : "http://";
  if (!HTTP_HOST) return scheme + serverHost(variables, https);
  const origin = scheme + HTTP_HOST;
  // Bun's Request accepts invalid punycode, and `new URL(request.url)` would throw in the app.
  if (!HOST.test(HTTP_HOST) || /xn--/i.test(HTTP_HOST) && !URL.canParse(origin)) {
    throw badHost(HTTP_HOST);
  }
  return origin;
}

/** `localhost` where `SERVER_NAME` is not a host, as with nginx's `server_name *.example.com`. */
function serverHost({ SERVER_NAME: name, SERVER_PORT: port }: Variables, https: boolean): string {
  if (!name) return "localhost";
  const host = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  // A name that already has a port is not a valid host.
  if (!isHost(`${host}:80`)) return "localhost";
  const authority = `${host}:${port}`;
  return !port || port === (https ? "443" : "80") || !isHost(authority) ? host : authority;
}

/** Whether a text is a plain `host[:port]` that is valid in a URL. */
export function isHost(authority: string): boolean {
  return HOST.test(authority) && URL.canParse(`http://${authority}`);
}

/** The error of a request whose host is not valid in a URL, or is not a plain `host[:port]`. */
export function badHost(host: string): ScgiError {
  return new ScgiError("HOST_INVALID", `${quoted(host)} is not a valid host or host:port`, {
    status: 400,
  });
}

/**
 * The path and query of `REQUEST_URI`. The authority of an absolute target is dropped, as is the
 * part from `#` on, which nginx and lighttpd send, but ignore when they choose the location.
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

/** A target up to `#`, with the bytes that a URL cannot hold percent-encoded; `%` stays. */
export function encodeTarget(target: string): string {
  const text = untilFragment(target);
  const at = text.indexOf("?");
  if (at < 0) return percentEncode(text, UNSAFE);
  return percentEncode(text.slice(0, at), UNSAFE) + percentEncode(text.slice(at), UNSAFE_IN_QUERY);
}

/** The path that the web server has decoded, encoded again, and the query. */
function pathInfo(variables: Variables): string | undefined {
  const { SCRIPT_NAME = "", PATH_INFO = "", DOCUMENT_URI } = variables;
  const path = SCRIPT_NAME + PATH_INFO || DOCUMENT_URI;
  if (!path) return undefined;
  return percentEncode(path.startsWith("/") ? path : `/${path}`, NOT_PATH) + query(variables);
}

function query({ QUERY_STRING }: Variables): string {
  const query = QUERY_STRING && untilFragment(QUERY_STRING);
  return query ? `?${percentEncode(query, UNSAFE_IN_QUERY)}` : "";
}

function untilFragment(target: string): string {
  const end = target.indexOf("#");
  return end < 0 ? target : target.slice(0, end);
}
