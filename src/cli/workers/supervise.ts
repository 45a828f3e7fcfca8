/**
 * `scgi serve --workers N`: opens the addresses, and runs the workers that serve them.
 *
 * @module
 */

import { DEFAULT_LIMITS, readAddresses, type ServeOptions } from "../../server/options.ts";
import { ownProcess } from "../../runtime/system/process.ts";
import { openShared, type SharedListener } from "../../runtime/sockets/listen.ts";
import { withSystemd } from "../../runtime/system/systemd.ts";
import { announce, reopening, type StatusOutput } from "../announce.ts";
import { STOP_MS } from "../deadlines.ts";
import { type Front, openFront } from "../front.ts";
import { findModule } from "../module.ts";
import { exit } from "../output.ts";
import { stopOnSignals, TAKEN_OVER } from "../stop.ts";
import { keepFromChildren, tellSystemd } from "../systemd.ts";
import { succeed } from "./succeed.ts";
import { OrphanGuard } from "./orphans.ts";
import { Workers } from "./workers.ts";

/** The arguments of {@linkcode serveByWorkers}. */
export interface Supervised {
  /** The number of workers. */
  count: number;
  /** The arguments of `scgi serve`. */
  args: readonly string[];
  /** The module's path, as it was given. */
  name: string;
  /** The time limit for the start of a worker, in milliseconds; 0 is no limit. */
  startTimeout: number;
  /** How long the event loop of a worker may be blocked, in milliseconds; 0 is no limit. */
  workerTimeout: number;
  options: ServeOptions;
  /** The address of the HTTP front, `[HOST:]PORT`. */
  http: string | undefined;
  /** Whether the workers write the log into a file. */
  logs: boolean;
  /** The address of the status. */
  status: string | undefined;
  output: StatusOutput;
}

/** Runs the command until a signal ends it. */
export async function serveByWorkers(supervised: Supervised): Promise<void> {
  const { count, args, name, options, http, status, logs, output } = supervised;
  const { startTimeout, workerTimeout } = supervised;
  findModule(name);
  keepFromChildren();
  const stopTimeout = (options.shutdownTimeout ?? DEFAULT_LIMITS.shutdownTimeout) + STOP_MS;
  const guard = new OrphanGuard(stopTimeout);
  const held: SharedListener[] = [];
  const release = (): void => held.splice(0).forEach((socket) => socket.release());
  // Removes Unix sockets also after a failed start.
  ownProcess.onExit(release);
  const { takeOver = false } = options;
  for (const address of withSystemd(readAddresses(options))) {
    held.push(await openShared(address, { takeOver }));
  }
  const fds = held.map(({ fd }) => fd);
  const workers = new Workers(
    count,
    {
      args,
      fds,
      guard: guard.group ?? 0,
      startTimeout,
      workerTimeout,
      stopTimeout,
      say: output.say,
    },
    guard,
  );
  let front: Front | undefined;
  const stop = stopOnSignals({
    async shutdown() {
      // The workers have the sockets as well, and serve the connections that wait.
      release();
      await workers.stop();
    },
    front: () => front,
    say: output.say,
    reload: () =>
      workers.reload({
        begun() {
          output.say("Reloading on SIGHUP");
          void tellSystemd("RELOADING=1");
        },
        done() {
          const serve = count === 1 ? "1 worker serves" : `${count} workers serve`;
          const status = `Reloaded: ${serve} the new code`;
          output.say(status);
          void tellSystemd("READY=1", status);
        },
        failed: (reason) => void tellSystemd("READY=1", `The reload failed: ${reason}`),
      }),
    reopen: reopening(logs ? () => workers.reopen() : undefined, output),
    kill: () => workers.kill(),
  });
  let leaveStatus = (): void => {};
  if (status !== undefined) {
    const { openWorkersStatus } = await import("./status.ts");
    leaveStatus = await openWorkersStatus(status, options, output, workers);
  }
  if (!await workers.start()) {
    // The worker has reported the reason.
    if (!workers.stopping) await exit(1);
    return;
  }
  await succeed(held, () => {
    leaveStatus();
    stop(TAKEN_OVER);
  });
  if (http !== undefined) front = await openFront(http, held[0]!.address, takeOver, output.say);
  await announce(held.map(({ address }) => address), front, output);
}
