/**
 * A `Request` to CGI variables: the client's direction.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1
 * @module
 */

import { utf8ToLatin1 } from "../scgi/latin1.ts";
import { connectionFields, HOP_BY_HOP } from "./hop-by-hop.ts";

/** Fields that concern one connection only, that CGI has variables for, or that are unsafe. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  "content-length",
  "content-type",
  "expect",
  "host",
  "proxy",
  "proxy-authorization",
]);

/** What a request becomes variables with. */
export interface VariablesOptions {
  /** The URL, where `request.url` is none. */
  url?: URL | undefined;
  /** The part of the path that is `SCRIPT_NAME`, as it stands in the URL. None unless set. */
  scriptName?: string | undefined;
  /** Variables that are set beside those of the request, or instead of them. */
  env?: Readonly<Record<string, string>> | undefined;
}

/** The variables of a request, in the order in which web servers send them. */
export function toVariables(
  request: Request,
  { url = new URL(request.url), scriptName = "", env = {} }: VariablesOptions = {},
): [string, string][] {
  const https = url.protocol === "https:";
  const script = decodePath(scriptName);
  const info = decodePath(url.pathname.slice(scriptName.length));
  const variables: Record<string, string> = {
    REQUEST_METHOD: request.method,
    REQUEST_URI: requestTarget(url),
    SCRIPT_NAME: script,
    PATH_INFO: info,
    DOCUMENT_URI: script + info,
    QUERY_STRING: url.search.slice(1),
    SERVER_PROTOCOL: "HTTP/1.1",
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_SOFTWARE: "scgi",
    REQUEST_SCHEME: https ? "https" : "http",
    ...(https ? { HTTPS: "on" } : {}),
    SERVER_NAME: url.hostname.replace(/^\[|\]$/g, ""),
    SERVER_PORT: url.port || (https ? "443" : "80"),
    CONTENT_TYPE: request.headers.get("content-type") ?? "",
    HTTP_HOST: request.headers.get("host") ?? url.host,
  };
  const dropped = connectionFields(request.headers);
  request.headers.forEach((value, name) => {
    // Two names must not become one variable: `x_a` would pass for `x-a`.
    if (NOT_PASSED.has(name) || dropped?.has(name) || name.includes("_")) return;
    variables[`HTTP_${name.toUpperCase().replaceAll("-", "_")}`] = value;
  });
  for (const name in env) variables[name] = utf8ToLatin1(env[name]!);
  return Object.entries(variables);
}

/** The path and the query of a URL, as they stand in it. */
export function requestTarget({ href, pathname, search }: URL): string {
  // `search` forgets a question mark with nothing behind it.
  return pathname + (search || (/^[^?#]*\?(?:#|$)/.test(href) ? "?" : ""));
}

/** A path decoded, as bytes; `%00` cannot be a byte of a variable and stays. */
export function decodePath(path: string): string {
  return path.replace(
    /%(?!00)([0-9A-Fa-f]{2})/g,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
}
