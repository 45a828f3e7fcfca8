/**
 * What a connection needs of its server.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import type { ScgiError, ScgiErrorCode } from "../errors.ts";
import type { FetchHandler } from "./handler.ts";
import type { OnErrorResult } from "../report/reporter.ts";
import type { Limits, Mapping } from "./options.ts";

/** What a connection needs of its server. */
export interface Host {
  readonly handler: FetchHandler;
  readonly limits: Limits;
  readonly mapping: Mapping;
  /** Whether the server is on its way to its end. */
  readonly stopping: boolean;
  /** The present time in milliseconds, as exact as time-outs need it. */
  now(): number;
  /** Calls `watch()` soon, unless the connection is done by then. */
  watchSoon(connection: Connection): void;
  /** Tells the user of a failure, who may answer it. */
  report(error: unknown, request: Request | undefined): OnErrorResult;
  /** Tells the user, once for each code, of what was mended. */
  warn(error: ScgiError): void;
  /** Counts what was refused or given up. */
  reject(code: ScgiErrorCode): void;
  /** What has passed, in bytes. */
  readonly traffic: Traffic;
  /** Is given a line for each request, where somebody wants it. */
  readonly log: ((line: string) => void) | undefined;
  /** Lets the server wait for work; it is called by itself. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
  /** The connection is gone. */
  closed(connection: Connection): void;
}

/** Bytes that came and that were sent. */
export interface Traffic {
  in: number;
  out: number;
}
