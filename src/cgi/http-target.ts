/**
 * The URL of an HTTP request from the target in its request line and its Host field.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.3
 * @module
 */

import { encodeTarget, isHost } from "./url.ts";

/** Matches the absolute form of a target: its authority, then its path and query. */
const ABSOLUTE = /^http:\/\/([^/?#]*)(.*)$/is;

/**
 * The URL of a request without TLS. The authority of an absolute target takes precedence over Host.
 * The path is percent-encoded, so that a `\` in the target is not a slash in the URL.
 *
 * @returns undefined where the target or Host is not valid, and for a target with user information,
 * for `*`, and for an `https:` target (RFC 9110, sections 4.2.4 and 7.4).
 */
export function targetUrl(target: string, host: string): string | undefined {
  const [, authority = host, rest = target] = ABSOLUTE.exec(target) ?? [];
  if (!isHost(host) || !isHost(authority)) return undefined;
  const path = rest === target || rest.startsWith("/") ? rest : `/${rest}`;
  if (!path.startsWith("/")) return undefined;
  return `http://${authority}${encodeTarget(path)}`;
}
