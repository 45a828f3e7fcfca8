/**
 * Serves web-standard fetch handlers over SCGI.
 *
 * ```ts
 * import { serve } from "scgi";
 *
 * serve(() => new Response("Hello"), { port: 4000 });
 * ```
 *
 * @module
 */

export { serve } from "./server/serve.ts";
export type { Server, ShutdownOptions } from "./server/server.ts";
export type { ServerState, ServerStats } from "./server/statistics.ts";
export type { DurationStats, StatusClass } from "./server/request-counts.ts";
export type { LoopLag } from "./server/loop-lag.ts";
export type { MemoryUse } from "./runtime/system/memory.ts";
export type { Limits, ListenAt, Mapping, ServeOptions } from "./server/options.ts";
export type { App, FetchHandler, HandlerContext } from "./server/handler.ts";
export type { CgiVariables, HandlerEnv } from "./cgi/cgi-variables.ts";
export type { UrlSource } from "./cgi/url.ts";
export { type FileSender, sendFile, type SendFileOptions } from "./cgi/send-file.ts";
export {
  type Address,
  type FdAddress,
  formatAddress,
  type ListenAddress,
  parseAddress,
  type ParsedAddress,
  type TcpAddress,
  type UnixAddress,
} from "./address.ts";
export { ScgiError, type ScgiErrorCode, type ScgiErrorInit } from "./errors.ts";
