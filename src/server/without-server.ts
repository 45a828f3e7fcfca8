/**
 * The place of a server for a connection that belongs to none.
 *
 * @module
 */

import type { OnError } from "../report/reporter.ts";
import type { FetchHandler } from "./handler.ts";
import type { ServerInternals } from "./internals.ts";
import { type Limits, type Mapping, readLimits, readMapping } from "./options.ts";

/**
 * Gives a handler what a connection uses of a server; the time stands still, so that nothing times out.
 *
 * @throws {ScgiError} `OPTION_INVALID`.
 */
export function withoutServer(
  handler: FetchHandler,
  options: Mapping & Partial<Limits>,
  report: OnError,
): ServerInternals {
  return {
    handler,
    limits: readLimits(options),
    mapping: readMapping(options),
    stopping: false,
    traffic: { in: 0, out: 0 },
    tunnels: { open: 0 },
    requests: { add() {} },
    log: undefined,
    waitUntil: (promise) =>
      void Promise.resolve(promise).catch((error) => report(error, undefined)),
    report,
    now: () => 0,
    warn: (error) => void report(error, undefined),
    reject() {},
    watchSoon() {},
  };
}
