/**
 * The part of a server that its connections use.
 *
 * @module
 */

import type { ScgiError, ScgiErrorCode } from "../errors.ts";
import type { AccessLog } from "./access-log.ts";
import type { OnError } from "../report/reporter.ts";
import type { FetchHandler } from "./handler.ts";
import type { Limits, Mapping } from "./options.ts";
import type { RequestCounts } from "./request-counts.ts";

/** Settings, counters and reports that the connections of a server share. */
export interface ServerInternals {
  readonly handler: FetchHandler;
  readonly limits: Limits;
  readonly mapping: Mapping;
  /** Whether the server has begun to shut down. */
  readonly stopping: boolean;
  /** Bytes of all connections. */
  readonly traffic: Traffic;
  /** The connections that are tunnels. */
  readonly tunnels: { open: number };
  /** Counts each request once. */
  readonly requests: Pick<RequestCounts, "add">;
  /** Writes a line for each request, where the user wants a log. */
  readonly log: AccessLog | undefined;
  /** Lets `shutdown()` wait for work; it works taken off the object. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
  /** Reports a failure to the user, whose answer may be a Response. */
  readonly report: OnError;
  /** The present time in milliseconds, as exact as time-outs need it. */
  now(): number;
  /** Reports a remark, once for each code. */
  warn(error: ScgiError): void;
  /** Counts a refused or abandoned request. */
  reject(code: ScgiErrorCode): void;
  /** Calls `watch()` soon, for runtimes on which watching for a disconnect costs something. */
  watchSoon(connection: Watchable): void;
}

/** Bytes received and sent. */
export interface Traffic {
  in: number;
  out: number;
}

/** A connection whose peer may disconnect unnoticed. */
export interface Watchable {
  /** Begins to watch for a disconnect. */
  watch(): void;
}
