/**
 * WebSockets for apps behind SCGI.
 *
 * ```ts
 * import { serve } from "scgi";
 * import { upgradeWebSocket } from "scgi/websocket";
 *
 * serve((request) => {
 *   const { socket, response } = upgradeWebSocket(request);
 *   socket.onmessage = ({ data }) => socket.send(data);
 *   return response;
 * });
 * ```
 *
 * @module
 */

export {
  upgradeWebSocket,
  type UpgradeWebSocketOptions,
  type WebSocketUpgrade,
} from "./server/upgrade-websocket.ts";
export type { DeflateOptions } from "./websocket/deflate-negotiation.ts";
