/**
 * `getConnInfo` and `upgradeWebSocket` for Hono apps.
 *
 * @module
 */

export { type Bindings, type ConnInfo, type ContextWithEnv, getConnInfo } from "./cgi/conn-info.ts";
export type { CgiVariables } from "./cgi/cgi-variables.ts";
export {
  type SendOptions,
  type UpgradeContext,
  type UpgradedContext,
  type UpgradeRequest,
  upgradeWebSocket,
  type WebSocketContext,
  type WebSocketEvents,
} from "./server/hono-websocket.ts";
export type { UpgradeWebSocketOptions } from "./server/upgrade-websocket.ts";
export type { DeflateOptions } from "./websocket/deflate-negotiation.ts";
