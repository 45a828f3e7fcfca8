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

/** What a worker does beside serving. */
export interface Duties {
  /** The value of `--worker-timeout`, in milliseconds; 0 sends no beats. */
  workerTimeout?: number | undefined;
  /** Opens the log again. */
  reopen?: (() => void) | undefined;
}

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
  { workerTimeout = 0, reopen }: Duties,
): Promise<void> {
  const parent = new Parent(role, reopen);
  const app = await load().catch((error) => parent.fail(error));
  const { hostname: _h, port: _p, unix: _u, fd: _f, mode: _m, group: _g, ...rest } = options();
  const { shutdownTimeout = DEFAULT_LIMITS.shutdownTimeout } = rest;
  const server = serve(app, { ...rest, listen: role.fds.map((fd) => ({ fd })) });
  parent.onStop((keepUpgraded) => {
    // The parent's deadline begins now, that of the server when the backlog is empty.
    later(shutdownTimeout, () => void server.shutdown({ timeout: 0 }));
    return server.shutdown({ keepUpgraded });
  });
  await server.ready.catch((error) => parent.fail(error));
  parent.tellReady();
  if (workerTimeout === 0) return;
  const { takePulse } = await import("./pulse.ts");
  parent.beat(await takePulse(workerTimeout, role.fds, () => server.stats().accepted));
}
