/**
 * The variables that lighttpd sends with the configuration that `scgi config lighttpd` prints.
 *
 * @module
 */

import { decodePath } from "../cgi/to-variables.ts";
import type { ClientRequest, Pair } from "./client-request.ts";
import { encodeUnsafe, resolvePath } from "./path.ts";

const ROOT = "/var/www/html";

/** The variables, in order. */
export function lighttpdVariables(request: ClientRequest): Pair[] {
  const { target, https, mount } = request;
  const path = normalizePath(request.path);
  const query = normalize(request.query);
  const normal = path + target.slice(request.path.length, request.path.length + 1) + query;
  const info = decodePath(path).slice(mount.length);
  return [
    ["CONTENT_LENGTH", String(request.length)],
    ["QUERY_STRING", query],
    ["REQUEST_URI", target],
    ...(normal === target ? [] : [["REDIRECT_URI", normal] as const]),
    ["REDIRECT_STATUS", "200"],
    ["SCRIPT_NAME", mount],
    ...(info === "" ? [] : [["PATH_INFO", info], ["PATH_TRANSLATED", ROOT + info]] as const),
    ["SCRIPT_FILENAME", ROOT + (mount || "/")],
    ["DOCUMENT_ROOT", ROOT],
    ["REQUEST_METHOD", request.method],
    ["SERVER_PROTOCOL", "HTTP/1.1"],
    ["SERVER_SOFTWARE", "lighttpd/1.4.69"],
    ["GATEWAY_INTERFACE", "CGI/1.1"],
    ["REQUEST_SCHEME", https ? "https" : "http"],
    ...(https ? [["HTTPS", "on"] as const] : []),
    ["SERVER_PORT", request.port],
    ["SERVER_ADDR", "127.0.0.1"],
    ["SERVER_NAME", request.hostname],
    ["REMOTE_ADDR", request.remoteAddress],
    ["REMOTE_PORT", "49152"],
    ["HTTP_HOST", normalizeHost(request)],
    ...fieldVariables(request),
    ...(request.remoteUser
      ? [["REMOTE_USER", request.remoteUser], ["AUTH_TYPE", "Basic"]] as const
      : []),
    ...(https ? TLS : []),
    ["SCGI", "1"],
  ];
}

const TLS: readonly Pair[] = [
  ["SSL_PROTOCOL", "TLSv1.3"],
  ["SSL_CIPHER", "TLS_AES_256_GCM_SHA384"],
  ["SSL_CIPHER_USEKEYSIZE", "256"],
  ["SSL_CIPHER_ALGKEYSIZE", "256"],
];

function fieldVariables({ fields }: ClientRequest): Pair[] {
  return fields.flatMap(([name, value]): Pair[] => {
    if (value === "" || name === "proxy") return [];
    if (name === "expect" && value.toLowerCase() === "100-continue") return [];
    if (name === "content-type") return [["CONTENT_TYPE", value]];
    return [[`HTTP_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`, value]];
  });
}

/** Removes the port of the scheme. */
function normalizeHost({ host, https }: ClientRequest): string {
  return host.toLowerCase().replace(https ? /:443$/ : /:80$/, "");
}

/** Encodes and decodes what lighttpd does, unreserved characters (RFC 3986, 2.3) among them. */
function normalize(text: string): string {
  const decoded = text.replace(/%(?![0-9A-Fa-f]{2})/g, "%25")
    .replace(/%([0-9A-Fa-f]{2})/g, (escape, hex: string) => {
      const character = String.fromCharCode(parseInt(hex, 16));
      return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
    });
  return encodeUnsafe(decoded);
}

function normalizePath(path: string): string {
  return resolvePath(normalize(path).replaceAll("%2F", "/"));
}
