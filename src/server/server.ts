/**
 * A server as its program sees it.
 *
 * @module
 */

import type { ListenAddress } from "../address.ts";
import type { ServerStats } from "./statistics.ts";

/** Options of {@linkcode Server.shutdown}. */
export interface ShutdownOptions {
  /** The time for which requests are waited for, in milliseconds. `shutdownTimeout` unless set. */
  timeout?: number | undefined;
  /**
   * Whether upgraded connections, such as WebSockets, stay open until the wait is over, or until a call
   * without this. `false` unless set.
   */
  keepUpgraded?: boolean | undefined;
}

/** A running server, shaped as `Deno.HttpServer` is. */
export interface Server {
  /** Resolves when every address listens; rejects where one cannot. */
  readonly ready: Promise<void>;
  /** Resolves when the server has stopped; rejects where it could not start. */
  readonly finished: Promise<void>;
  /** The first address; null until {@linkcode ready}. */
  readonly addr: ListenAddress | null;
  /** All addresses; null until {@linkcode ready}. */
  readonly addrs: readonly ListenAddress[] | null;
  /**
   * Stops: serves connections that wait to be accepted, accepts no more, ends event streams, waits for
   * requests and for `waitUntil` up to `shutdownTimeout`, and aborts the rest. Called again, it
   * returns the same promise; with a `timeout`, it waits no longer than that from then on.
   */
  shutdown(options?: ShutdownOptions): Promise<void>;
  /**
   * The present counters and figures: a copy in plain values, which JSON can carry.
   *
   * @example
   * ```ts
   * import { serve } from "scgi";
   *
   * const server = serve(() => new Response("Hello"), { port: 0 });
   * await server.ready;
   * const { state, requests, rejected } = server.stats();
   * console.log(state, requests["5xx"], rejected); // serving 0 {}
   * await server.shutdown();
   * ```
   */
  stats(): ServerStats;
  /** Lets the server hold the process, as it does from the start. */
  ref(): void;
  /** Lets the process end while the server listens. */
  unref(): void;
  /** The same as {@linkcode shutdown}. */
  [Symbol.asyncDispose](): Promise<void>;
}
