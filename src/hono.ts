/**
 * Helpers for Hono apps.
 *
 * @module
 */

import type { Context } from "hono";
import type { ConnInfo } from "hono/conninfo";

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
  const { REMOTE_ADDR: address, REMOTE_PORT: port } = (c.env ?? {}) as Bindings;
  if (!address) return { remote: {} };
  return {
    remote: {
      address,
      addressType: address.includes(":") ? "IPv6" : "IPv4",
      ...(port ? { port: Number(port), transport: "tcp" as const } : {}),
    },
  };
}
