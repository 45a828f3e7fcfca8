/**
 * Helpers for Hono apps.
 *
 * @module
 */

import type { Context } from "hono";
import type { ConnInfo } from "hono/conninfo";
import { readPeer } from "./cgi/env.ts";

/** The CGI variables as `c.env`: `new Hono<{ Bindings: Bindings }>()`. */
export type Bindings = Record<string, string | undefined>;

/**
 * Who asks: the browser's address and port, also over a Unix socket, as the web server tells them.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { type Bindings, getConnInfo } from "scgi/hono";
 *
 * const app = new Hono<{ Bindings: Bindings }>();
 * app.get("/", (c) => c.text(getConnInfo(c).remote.address ?? "unknown"));
 * ```
 */
export function getConnInfo(c: Context): ConnInfo {
  const peer = readPeer((c.env ?? {}) as Bindings);
  if (peer === null) return { remote: {} };
  const { address, family: addressType, port } = peer;
  return {
    remote: { address, addressType, ...(port > 0 ? { port, transport: "tcp" as const } : {}) },
  };
}
