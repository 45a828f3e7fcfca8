/**
 * The variables that nginx sends with the parameters that `scgi config nginx` prints.
 *
 * @module
 */

import { decodePath } from "../cgi/to-variables.ts";
import type { ClientRequest, Pair } from "./client-request.ts";
import { resolvePath, variableName } from "./path.ts";

/** Matches the names of fields that nginx passes on: all others count as invalid. */
const VALID = /^[a-z0-9-]+$/;

/** The variables, in order. */
export function nginxVariables(request: ClientRequest): Pair[] {
  const { method, target, path, query, https, hostname, port, fields, length } = request;
  const type = fields.find(([name]) => name === "content-type")?.[1];
  const measured = fields.some(([name]) => name === "content-length");
  return [
    ["CONTENT_LENGTH", String(length)],
    ["SCGI", "1"],
    ["REQUEST_METHOD", method],
    ["REQUEST_URI", target],
    ["QUERY_STRING", query],
    ["DOCUMENT_URI", resolvePath(decodePath(path))],
    ["DOCUMENT_ROOT", "/usr/share/nginx/html"],
    ...(type ? [["CONTENT_TYPE", type] as const] : []),
    ...(measured ? [["CONTENT_LENGTH", String(length)] as const] : []),
    ["SERVER_PROTOCOL", "HTTP/1.1"],
    ["SERVER_SOFTWARE", "nginx/1.22.1"],
    ["SERVER_NAME", hostname],
    ["SERVER_PORT", port],
    ["REQUEST_SCHEME", https ? "https" : "http"],
    ...(https ? [["HTTPS", "on"] as const] : []),
    ["REMOTE_ADDR", request.remoteAddress],
    ["REMOTE_PORT", "49152"],
    ["HTTP_HOST", request.host.toLowerCase()],
    ...(request.remoteUser ? [["REMOTE_USER", request.remoteUser] as const] : []),
    ...fields.filter(([name]) => VALID.test(name) && name !== "proxy")
      .map(([name, value]) => [variableName(name), value] as const),
  ];
}
