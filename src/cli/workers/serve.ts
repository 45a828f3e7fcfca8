/**
 * Serves in a worker of `scgi serve --workers`, on the sockets of its parent.
 *
 * @module
 */

import { setInterval } from "node:timers";
import type { App } from "../../server/handler.ts";
import { DEFAULT_LIMITS, type ServeOptions } from "../../server/options.ts";
import { serve } from "../../server/serve.ts";
import { later } from "../../transport/later.ts";
import type { Role } from "../role.ts";
import { Parent } from "./child.ts";
import type { WearLimits } from "./wear.ts";

/** The duties of a worker beside serving. */
export interface Duties {
  /** The value of `--worker-timeout`, in milliseconds; 0 sends no beats. */
  workerTimeout?: number | undefined;
  /** The values of `--max-requests` and `--max-memory`. */
  wear: WearLimits;
  /** Opens the log again. */
  reopen?: (() => void) | undefined;
  /** Whether the parent wants the figures of the server, for `--status`. */
  tellsStats?: boolean;
}

/** The interval at which the figures of the server are sent, in milliseconds. */
const STATS_MS = 1000;

/**
 * Serves until the parent stops this worker.
 *
 * @param load Loads the app.
 * @param options Gives the options, once the app has loaded.
 */
export async function serveAsWorker(
  role: Role,
  load: () => Promise<App>,
  options: () => ServeOptions,
  { workerTimeout = 0, wear, reopen, tellsStats = false }: Duties,
): Promise<void> {
  const parent = new Parent(role, reopen);
  const app = await load().catch((error) => parent.fail(error));
  const { hostname: _h, port: _p, unix: _u, fd: _f, mode: _m, group: _g, ...shared } = options();
  const { takeOver: _t, ...rest } = shared;
  const { shutdownTimeout = DEFAULT_LIMITS.shutdownTimeout } = rest;
  const accepted = (): number => server.stats().accepted;
  if (wear.maxRequests > 0 || wear.maxMemory > 0) {
    const { watchWear } = await import("./wear.ts");
    // Before the first request can come, whose memory is no longer that of the start.
    watchWear(wear, accepted, (what) => parent.tellWorn(what), (now) => parent.tellTight(now));
  }
  const server = serve(app, { ...rest, listen: role.fds.map((fd) => ({ fd })) });
  const tellStats = (): void => {
    if (tellsStats) parent.tellStats(server.stats());
  };
  parent.onStop((how) => {
    if (how === "retire") return server.shutdown({ timeout: Infinity }).finally(tellStats);
    // The parent's deadline begins now, that of the server when the backlog is empty.
    later(shutdownTimeout, () => void server.shutdown({ timeout: 0 }));
    return server.shutdown({ keepUpgraded: how === "keep upgraded" }).finally(tellStats);
  });
  await server.ready.catch((error) => parent.fail(error));
  parent.tellReady();
  tellStats();
  if (tellsStats) setInterval(tellStats, STATS_MS).unref();
  if (workerTimeout === 0) return;
  const { takePulse } = await import("./pulse.ts");
  parent.beat(await takePulse(workerTimeout, role.fds, accepted));
}
