/**
 * Hono helpers for apps behind SCGI.
 *
 * @module
 */

import type { CgiVariables } from "./cgi-variables.ts";
import { readClientAddress } from "./client-address.ts";

/**
 * The CGI variables as `c.env`: `new Hono<{ Bindings: Bindings }>()`. With bindings of your own it is
 * `Bindings & { KEY: string }`.
 */
export interface Bindings extends CgiVariables {
  /** Another variable. */
  [name: string]: string | undefined;
}

/** The part of Hono's `Context` that {@linkcode getConnInfo} reads. */
export interface ContextWithEnv {
  /** The `env` of the handler. */
  readonly env?: unknown;
}

/** The client of a request, in the shape of Hono's own `ConnInfo`. */
export interface ConnInfo {
  /** Empty where the web server does not tell the client's address. */
  remote: {
    /** The client's IP address. */
    address?: string;
    /** Version of the IP address. */
    addressType?: "IPv4" | "IPv6";
    /** The client's port, where the web server tells it. */
    port?: number;
    /** Set where the port is set. */
    transport?: "tcp";
  };
}

/**
 * The client's address and port, as the web server tells them in `REMOTE_ADDR` and `REMOTE_PORT`,
 * also where the web server connects to a Unix socket.
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
  const client = readClientAddress((c.env ?? {}) as Bindings);
  if (client === null) return { remote: {} };
  const { address, family: addressType, port } = client;
  return {
    remote: { address, addressType, ...(port > 0 ? { port, transport: "tcp" } : {}) },
  };
}
