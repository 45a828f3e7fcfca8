/**
 * Calls an app in a test, as a server behind a web server would, with no server and no web server.
 *
 * ```ts
 * import { call } from "scgi/testing";
 *
 * const app = (request: Request, env: Record<string, unknown>) =>
 *   new Response(`${env.REMOTE_USER} reads ${new URL(request.url).pathname}`);
 *
 * const request = new Request("https://example.com/app/diary");
 * const response = await call(app, request, {
 *   server: "lighttpd",
 *   mount: "/app",
 *   stripPrefix: "/app",
 *   remoteUser: "ada",
 * });
 * console.log(await response.text()); // ada reads /diary
 * ```
 *
 * @module
 */

export { call, type CallOptions, settled } from "./testing/call.ts";
export type { RequestSettings } from "./testing/request-settings.ts";
export type { HandleOptions } from "./server/handle.ts";
export type { WebServerName } from "./cgi/web-server.ts";
