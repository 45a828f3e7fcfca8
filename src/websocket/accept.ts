/**
 * The field by which a server accepts a WebSocket handshake.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
 * @module
 */

import { createHash } from "node:crypto";

/** RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The value of `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`. */
export function acceptKey(key: string): string {
  return createHash("sha1").update(key + GUID).digest("base64");
}
