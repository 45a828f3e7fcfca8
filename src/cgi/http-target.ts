/**
 * The URL of an HTTP request, from the target of its request line and its Host field.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.3
 * @module
 */

import { encodeTarget, isHost } from "./url.ts";

/** The absolute form of a target: its authority, and what follows that. */
const ABSOLUTE = /^http:\/\/([^/?#]*)(.*)$/is;

/**
 * The URL of a request that came without TLS; the authority of an absolute target wins over Host.
 * The path is what stands in the target, so that a `\` of it is no slash of the URL.
 *
 * @returns undefined where the target or Host breaks the grammar. So do a target with user
 * information, `*`, and an `https:` target (RFC 9110, sections 4.2.4 and 7.4).
 */
export function targetUrl(target: string, host: string): string | undefined {
  const [, authority = host, rest = target] = ABSOLUTE.exec(target) ?? [];
  if (!isHost(host) || !isHost(authority)) return undefined;
  const path = rest === target || rest.startsWith("/") ? rest : `/${rest}`;
  if (!path.startsWith("/")) return undefined;
  return `http://${authority}${encodeTarget(path)}`;
}
