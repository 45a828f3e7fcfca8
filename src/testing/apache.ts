/**
 * The variables that Apache httpd sends with the site that `scgi config apache` prints.
 *
 * @module
 */

import { decodePath } from "../cgi/to-variables.ts";
import type { ClientRequest, Pair } from "./client-request.ts";
import { encodeUnsafe, variableName } from "./path.ts";

const ROOT = "/var/www/html";
/** The search path of the service of systemd. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Matches the names of fields that Apache passes on. */
const VALID = /^[a-z0-9-]+$/;

/** The variables, in order. */
export function apacheVariables(request: ClientRequest): Pair[] {
  const { https, host } = request;
  const path = decodeAllButSlashes(request.path);
  return [
    ["CONTENT_LENGTH", String(request.length)],
    ["SCGI", "1"],
    ...(https ? [["HTTPS", "on"], ["SSL_TLS_SNI", request.hostname]] as const : []),
    ["HTTP_HOST", host],
    ...fieldVariables(request),
    ["PATH", PATH],
    ["SERVER_SIGNATURE", ""],
    ["SERVER_SOFTWARE", `Apache/2.4.71 (Debian)${https ? " OpenSSL/3.0.19" : ""}`],
    ["SERVER_NAME", host.toLowerCase().replace(/:\d*$/, "")],
    ["SERVER_ADDR", "127.0.0.1"],
    ["SERVER_PORT", /:(\d+)$/.exec(host)?.[1] ?? (https ? "443" : "80")],
    ["REMOTE_ADDR", request.remoteAddress],
    ["DOCUMENT_ROOT", ROOT],
    ["REQUEST_SCHEME", https ? "https" : "http"],
    ["CONTEXT_PREFIX", ""],
    ["CONTEXT_DOCUMENT_ROOT", ROOT],
    ["SERVER_ADMIN", "[no address given]"],
    [
      "SCRIPT_FILENAME",
      `proxy:scgi://127.0.0.1:4000${encodeUnsafe(path.replaceAll("%", "%25"))}`,
    ],
    ["REMOTE_PORT", "49152"],
    ...(request.remoteUser
      ? [["REMOTE_USER", request.remoteUser], ["AUTH_TYPE", "Basic"]] as const
      : []),
    ["SERVER_PROTOCOL", "HTTP/1.1"],
    ["REQUEST_METHOD", request.method],
    ["QUERY_STRING", request.query],
    ["REQUEST_URI", request.target],
    ["SCRIPT_NAME", path],
  ];
}

function fieldVariables({ fields }: ClientRequest): Pair[] {
  return fields.flatMap(([name, value]): Pair[] => {
    if (!VALID.test(name) || name === "proxy" || name === "content-length") return [];
    return [[name === "content-type" ? "CONTENT_TYPE" : variableName(name), value]];
  });
}

/** Decodes a path as `AllowEncodedSlashes NoDecode` does, and merges its slashes. */
function decodeAllButSlashes(path: string): string {
  return path.split(/(%2f)/i).map((part, at) => at % 2 === 1 ? part : decodePath(part)).join("")
    .replace(/\/{2,}/g, "/");
}
