/**
 * WebSockets for apps behind SCGI.
 *
 * ```ts
 * import { serve } from "scgi";
 * import { upgradeWebSocket } from "scgi/websocket";
 *
 * serve((request) => {
 *   if (!request.headers.has("upgrade")) return new Response("A page\n");
 *   const { socket, response } = upgradeWebSocket(request);
 *   socket.onmessage = ({ data }) => socket.send(data);
 *   return response;
 * }, { port: 4000 });
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
