/**
 * The options of `Bun.serve`, as Bun reads them: Bun itself reads them, once each and in its own order,
 * and refuses what it refuses, in an attempt to listen at a path where nothing can listen.
 *
 * @module
 */

import process from "node:process";
import type { BunServe } from "../runtime/types.ts";
import type { WebSocketSettings } from "../server/websocket-settings.ts";
import type { Result } from "./bun-results.ts";
import type { BunRoute } from "./bun-routes.ts";

/** A handler of Bun: the one of a route, or `fetch`. Both objects are the server. */
export type BunHandler = (this: object, request: Request, server: object) => Result;

/** The options of `Bun.serve` that have an effect over SCGI. */
export interface BunServeOptions {
  fetch?: BunHandler | null | undefined;
  routes?: Record<string, BunRoute<BunHandler>> | undefined;
  error?: ((this: object, error: unknown) => Result) | null | undefined;
  websocket?: WebSocketSettings | null | undefined;
  maxRequestBodySize?: unknown;
  development?: unknown;
  id?: unknown;
  hostname?: unknown;
  port?: unknown;
  unix?: unknown;
  tls?: unknown;
  idleTimeout?: unknown;
  http2?: unknown;
  http3?: unknown;
}

/** The call that reads the options: `reload` needs neither routes nor a handler. */
export type Caller = "serve" | "reload";

/** Bun's default of `maxRequestBodySize`, in bytes. */
const MAX_BODY_BYTES = 134_217_728;
/** A path at which nothing can listen, since its folder is none. */
const NOWHERE = "/dev/null/scgi";

/** The options that Bun checks. All others configure tasks of the web server. */
const CHECKED = new Set<unknown>([
  ...["fetch", "routes", "static", "error", "websocket", "webSocket", "maxRequestBodySize", "id"],
  ...["port", "hostname", "unix", "idleTimeout", "reusePort", "ipv6Only", "baseURI"],
]);

/**
 * Reads options.
 *
 * @param native The runtime's `Bun.serve`.
 * @throws whatever Bun throws for wrong options.
 */
export function readOptions(given: unknown, native: BunServe, caller: Caller): BunServeOptions {
  const read = new Map<PropertyKey, unknown>();
  let asked = given;
  if (typeof given === "object" && given !== null || typeof given === "function") {
    const get = (key: PropertyKey): unknown => {
      if (!read.has(key)) read.set(key, snapshot(key, Reflect.get(given, key, given)));
      return read.get(key);
    };
    // The object itself may be frozen, and its proxy must tell the truth then.
    const stead = typeof given === "function" ? () => {} : Array.isArray(given) ? [] : {};
    asked = new Proxy(stead, { get: (_, key) => checked(key, get, caller) });
  }
  try {
    native(asked as object).stop(true);
  } catch (error) {
    if ((error as { syscall?: unknown } | undefined)?.syscall !== "listen") throw error;
  }
  const { static: responses, ...rest } = Object.fromEntries(read) as
    & BunServeOptions
    & { static?: BunServeOptions["routes"] };
  const routes = rest.routes === undefined ? responses : rest.routes;
  return { ...rest, routes: Array.isArray(routes) ? undefined : routes };
}

/** Whether a server is one for development, as it is unless told otherwise. */
export function readDevelopment({ development }: BunServeOptions): boolean {
  if (development === undefined) return process.env.NODE_ENV !== "production";
  return Boolean(development);
}

/** The longest body, in bytes. Bun takes a number alone, and its whole part. */
export function readMaxBody({ maxRequestBodySize: most }: BunServeOptions): number {
  if (typeof most !== "number") return MAX_BODY_BYTES;
  return Number.isNaN(most) ? 0 : Math.max(0, Math.floor(most));
}

/** The value of an option in Bun's attempt to listen. */
function checked(
  key: PropertyKey,
  get: (key: PropertyKey) => unknown,
  caller: Caller,
): unknown {
  const value = get(key);
  if (key === "unix") return typeof value === "symbol" ? value : NOWHERE;
  // Bun refuses a path beside a hostname, and nothing would be looked up for another.
  if (key === "hostname") return get("unix") ? value : checkedHost(value);
  if (key === "fetch" && caller === "reload") return value || (() => {});
  // Certificates need not be there: the web server has its own.
  if (key === "tls") return typeof value === "object" ? undefined : value;
  return CHECKED.has(key) ? value : undefined;
}

/**
 * Undefined for a hostname that Bun takes, and one that it refuses. Bun makes text of it; an object may
 * throw there.
 */
function checkedHost(value: unknown): unknown {
  if (typeof value === "symbol") return value;
  if (value) String(value);
  return undefined;
}

/** Copies routes, whose getters Bun calls once. An array has none for Bun. */
function snapshot(key: PropertyKey, value: unknown): unknown {
  if (key !== "routes" && key !== "static") return value;
  if (typeof value !== "object" && typeof value !== "function" || value === null) return value;
  return Array.isArray(value) ? [] : Object.assign(Object.create(null), value, { "": undefined });
}
