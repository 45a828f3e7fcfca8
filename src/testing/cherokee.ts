/**
 * The variables that Cherokee sends with the configuration that `scgi config cherokee` prints.
 *
 * @module
 */

import { decodePath } from "../cgi/to-variables.ts";
import { ScgiError } from "../errors.ts";
import type { ClientRequest, Pair } from "./client-request.ts";
import { resolvePath, variableName } from "./path.ts";

const ROOT = "/var/www/html";
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The fields that come after the other variables, in this order. */
const KNOWN = [
  ...["accept", "accept-charset", "accept-encoding", "accept-language", "authorization"],
  ...["connection", "cookie", "if-modified-since", "if-none-match", "if-range", "keep-alive"],
  ...["range", "referer", "user-agent", "x-forwarded-for", "x-forwarded-host"],
];

/** Fields that never arrive, and those that have variables of their own. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  ...["cache-control", "content-encoding", "dnt", "expect", "location", "proxy", "set-cookie"],
  ...["transfer-encoding", "upgrade", "x-real-ip"],
  ...["content-length", "content-type"],
]);

/**
 * The variables, in order.
 *
 * @throws {ScgiError} `OPTION_INVALID` for the mount without its slash, which Cherokee redirects.
 */
export function cherokeeVariables(request: ClientRequest): Pair[] {
  const { path, query, host, mount } = request;
  if (path === mount) {
    throw new ScgiError(
      "OPTION_INVALID",
      `Cherokee redirects ${mount} to ${mount}/ itself. Give the URL with that slash`,
    );
  }
  const decoded = resolvePath(decodePath(path));
  const info = decoded.slice(mount.length);
  const fields = new Map(
    request.fields.filter(([name, value]) => !NOT_PASSED.has(name) && value.trim() !== ""),
  );
  const variable = ([name, value]: Pair): Pair => [variableName(name), value];
  const type = request.fields.find(([name]) => name === "content-type")?.[1];
  return [
    ["CONTENT_LENGTH", String(request.length)],
    ["SCGI", "1"],
    ...[...fields].filter(([name]) => !KNOWN.includes(name)).map(variable),
    ["SERVER_SOFTWARE", "Cherokee/1.2.104 (UNIX)"],
    ["SERVER_SIGNATURE", "<address>Cherokee Web Server</address>"],
    ["GATEWAY_INTERFACE", "CGI/1.1"],
    ["PATH", PATH],
    ["DOCUMENT_ROOT", ROOT],
    ["REMOTE_ADDR", request.remoteAddress],
    // Port 49152, with its bytes swapped.
    ["REMOTE_PORT", "192"],
    ["HTTP_HOST", host],
    ["SERVER_NAME", host.split(":")[0]!],
    ...(type ? [["CONTENT_TYPE", type] as const] : []),
    ["QUERY_STRING", query],
    ["SERVER_PROTOCOL", "HTTP/1.1"],
    ["REQUEST_METHOD", request.method],
    ...(request.remoteUser ? [["REMOTE_USER", request.remoteUser] as const] : []),
    ["PATH_INFO", info],
    ["REQUEST_URI", decoded + (query === "" ? "" : `?${query}`)],
    ["SCRIPT_URL", decoded],
    ["HTTPS", request.https ? "on" : "off"],
    ["SERVER_PORT", request.port],
    ["SERVER_ADDR", "127.0.0.1"],
    ...(request.remoteUser ? [["AUTH_TYPE", "Basic"] as const] : []),
    ...KNOWN.flatMap((name) => fields.has(name) ? [variable([name, fields.get(name)!])] : []),
    ["SCRIPT_NAME", mount],
    ...(info === "" ? [] : [["PATH_TRANSLATED", ROOT + info] as const]),
  ];
}
