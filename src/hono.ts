/**
 * `getConnInfo` for Hono apps.
 *
 * @module
 */

export { type Bindings, type ConnInfo, type ContextWithEnv, getConnInfo } from "./cgi/conn-info.ts";
