/**
 * A request as an HTTP client sends it to a web server: its target, and its fields in order.
 *
 * @module
 */

import { isUnder, normalizePrefix } from "../cgi/mount.ts";
import { requestTarget } from "../cgi/to-variables.ts";
import { ScgiError } from "../errors.ts";
import { utf8ToLatin1 } from "../scgi/latin1.ts";
import { quoted } from "../scgi/printable.ts";
import type { RequestSettings } from "./request-settings.ts";

/** A name and a value. */
export type Pair = readonly [name: string, value: string];

/** A request that arrives at a web server. Texts are latin1: one code unit for each byte. */
export interface ClientRequest {
  readonly method: string;
  /** The target: the path and the query. */
  readonly target: string;
  /** The path, still percent-encoded. */
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  readonly https: boolean;
  /** The name of the site, IPv6 in brackets. */
  readonly hostname: string;
  readonly port: string;
  /** The value of Host. */
  readonly host: string;
  /** The other fields, their names in lower case. */
  readonly fields: readonly Pair[];
  /** The length of the body in bytes. */
  readonly length: number;
  /** Without a slash at its end; empty for the root. */
  readonly mount: string;
  readonly remoteUser: string | undefined;
  readonly remoteAddress: string;
}

/** Fields that are those of the body's transfer, or that come first. */
const OWN: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding"]);

/**
 * The request that a client makes of a `Request`.
 *
 * @param length The length of its body in bytes.
 * @throws {ScgiError} `OPTION_INVALID` where the mount is no prefix of the path.
 */
export function clientRequest(
  { url: href, method, headers, body }: Request,
  length: number,
  { mount: given = "/", remoteUser, remoteAddress = "127.0.0.1" }: RequestSettings,
): ClientRequest {
  const url = new URL(href);
  const mount = normalizePrefix(given, "mount");
  if (!isUnder(url.pathname, mount)) {
    throw new ScgiError(
      "OPTION_INVALID",
      `mount is ${quoted(given)}, but the path is ${quoted(url.pathname)}: the web server would ` +
        "not pass it on. Give a URL below the mount",
    );
  }
  const fields: Pair[] = [];
  headers.forEach((value, name) => {
    if (!OWN.has(name)) fields.push([name, value]);
  });
  // RFC 9110, section 8.6
  if (body !== null || /^(?:POST|PUT|PATCH)$/.test(method)) {
    fields.push(["content-length", String(length)]);
  }
  const https = url.protocol === "https:";
  return {
    method,
    target: requestTarget(url),
    path: url.pathname,
    query: url.search.slice(1),
    https,
    hostname: url.hostname,
    port: url.port || (https ? "443" : "80"),
    host: headers.get("host") ?? url.host,
    fields,
    length,
    mount,
    remoteUser: remoteUser === undefined ? undefined : utf8ToLatin1(remoteUser),
    remoteAddress,
  };
}
