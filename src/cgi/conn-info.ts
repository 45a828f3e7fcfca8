/**
 * Helpers for Hono apps.
 *
 * @module
 */

import { readPeer } from "./env.ts";

/** The CGI variables as `c.env`: `new Hono<{ Bindings: Bindings }>()`. */
export type Bindings = Record<string, string | undefined>;

/** What is looked at of Hono's `Context`. */
export interface ContextWithEnv {
  /** The `env` of the handler. */
  readonly env?: unknown;
}

/** What Hono's helpers take for who asks: its own `ConnInfo` has this shape. */
export interface ConnInfo {
  /** The browser; empty where the web server does not tell. */
  remote: {
    /** Its address, as text. */
    address?: string;
    /** Which kind of address that is. */
    addressType?: "IPv4" | "IPv6";
    /** Its port, where the web server tells it. */
    port?: number;
    /** Given with the port. */
    transport?: "tcp";
  };
}

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
export function getConnInfo(c: ContextWithEnv): ConnInfo {
  const peer = readPeer((c.env ?? {}) as Bindings);
  if (peer === null) return { remote: {} };
  const { address, family: addressType, port } = peer;
  return {
    remote: { address, addressType, ...(port > 0 ? { port, transport: "tcp" } : {}) },
  };
}
