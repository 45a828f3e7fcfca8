/**
 * A `Request` to CGI variables: the client's direction.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1
 * @module
 */

import { utf8ToLatin1 } from "../scgi/latin1.ts";

/** Fields that concern one connection only, that CGI has variables for, or that are unsafe. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "proxy",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The variables of a request, in the order in which web servers send them.
 *
 * @param extra Variables that are set beside these, or instead of them.
 */
export function toVariables(
  request: Request,
  extra: Readonly<Record<string, string>> = {},
): [string, string][] {
  const url = new URL(request.url);
  const https = url.protocol === "https:";
  const variables: Record<string, string> = {
    REQUEST_METHOD: request.method,
    REQUEST_URI: url.pathname + url.search,
    SCRIPT_NAME: "",
    PATH_INFO: decodePath(url.pathname),
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
  request.headers.forEach((value, name) => {
    // Two names must not become one variable: `x_a` would pass for `x-a`.
    if (NOT_PASSED.has(name) || name.includes("_")) return;
    variables[`HTTP_${name.toUpperCase().replaceAll("-", "_")}`] = value;
  });
  for (const name in extra) variables[name] = utf8ToLatin1(extra[name]!);
  return Object.entries(variables);
}

/** A path decoded, as bytes; `%00` cannot be a byte of a variable and stays. */
function decodePath(path: string): string {
  return path.replace(
    /%(?!00)([0-9A-Fa-f]{2})/g,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
}
