/**
 * Serves in a worker of `scgi serve --workers`, on the sockets of its parent.
 *
 * @module
 */

import type { App } from "../../server/handler.ts";
import { DEFAULT_LIMITS, type ServeOptions } from "../../server/options.ts";
import { serve } from "../../server/serve.ts";
import { later } from "../deadlines.ts";
import type { Role } from "../role.ts";
import { Parent } from "./child.ts";
import type { WearLimits } from "./wear.ts";

/**
 * Serves until the parent stops this worker.
 *
 * @param load Loads the app.
 * @param workerTimeout The value of `--worker-timeout`, in milliseconds; 0 sends no beats.
 * @param wear The values of `--max-requests` and `--max-memory`.
 */
export async function serveAsWorker(
  role: Role,
  load: () => Promise<App>,
  options: ServeOptions,
  workerTimeout: number,
  wear: WearLimits,
): Promise<void> {
  const parent = new Parent(role);
  const app = await load();
  const { shutdownTimeout = DEFAULT_LIMITS.shutdownTimeout } = options;
  const { hostname: _h, port: _p, unix: _u, fd: _f, mode: _m, group: _g, ...shared } = options;
  const { takeOver: _t, ...rest } = shared;
  const server = serve(app, { ...rest, listen: role.fds.map((fd) => ({ fd })) });
  parent.onStop((how) => {
    if (how === "retire") return server.shutdown({ timeout: Infinity });
    // The parent's deadline begins now, that of the server when the backlog is empty.
    later(shutdownTimeout, () => void server.shutdown({ timeout: 0 }));
    return server.shutdown({ keepUpgraded: how === "keep upgraded" });
  });
  await server.ready;
  parent.tellReady();
  const accepted = (): number => server.stats().accepted;
  if (wear.maxRequests > 0 || wear.maxMemory > 0) {
    const { watchWear } = await import("./wear.ts");
    watchWear(wear, accepted, (what) => parent.tellWorn(what), (now) => parent.tellTight(now));
  }
  if (workerTimeout === 0) return;
  const { takePulse } = await import("./pulse.ts");
  parent.beat(await takePulse(workerTimeout, role.fds, accepted));
}
