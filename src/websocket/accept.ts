/**
 * The response that accepts a WebSocket handshake.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
 * @module
 */

import { createHash } from "node:crypto";

/** RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Fields of the app that are not sent: the handshake has its own, or the tunnel would break. */
const OWN: ReadonlySet<string> = new Set([
  "status",
  "upgrade",
  "connection",
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "content-length",
  "transfer-encoding",
]);
const PROTOCOL = "sec-websocket-protocol";

/** What the response says besides. */
export interface AcceptOptions {
  /** The subprotocol; a `Sec-WebSocket-Protocol` of `fields` counts where it is not set. */
  protocol?: string | undefined;
  /** The value of `Sec-WebSocket-Extensions`. */
  extensions?: string | undefined;
  /** Fields of the app, for instance `Set-Cookie`. */
  fields?: Iterable<readonly [string, string]> | undefined;
}

/** The value of `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`. */
export function acceptKey(key: string): string {
  return createHash("sha1").update(key + GUID).digest("base64");
}

/**
 * The fields of the response 101, in the order that lighttpd needs: Status, Upgrade, Connection, then
 * the rest.
 */
export function acceptFields(key: string, options: AcceptOptions = {}): [string, string][] {
  const { protocol, extensions, fields = [] } = options;
  const accepted: [string, string][] = [
    ["Status", "101 Switching Protocols"],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", acceptKey(key)],
  ];
  if (protocol !== undefined) accepted.push(["Sec-WebSocket-Protocol", protocol]);
  if (extensions !== undefined) accepted.push(["Sec-WebSocket-Extensions", extensions]);
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (OWN.has(lower) || lower === PROTOCOL && protocol !== undefined) continue;
    accepted.push([name, value]);
  }
  return accepted;
}
