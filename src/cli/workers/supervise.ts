/**
 * `scgi serve --workers N`: opens the addresses, and keeps the workers that serve there.
 *
 * @module
 */

import { DEFAULT_LIMITS, readAddresses, type ServeOptions } from "../../server/options.ts";
import { ownProcess } from "../../runtime/system/process.ts";
import { openShared, type SharedListener } from "../../runtime/sockets/listen.ts";
import { withSystemd } from "../../runtime/system/systemd.ts";
import { announce, type Voice } from "../announce.ts";
import { STOP_MS } from "../deadlines.ts";
import { CommandError } from "../error.ts";
import { type Front, openFront } from "../front.ts";
import { findModule } from "../module.ts";
import { exit } from "../output.ts";
import { stopOnSignals } from "../stop.ts";
import { OrphanGuard } from "./orphans.ts";
import { Workers } from "./workers.ts";

/** What the workers serve. */
export interface Supervised {
  /** The number of workers. */
  count: number;
  /** The words after the command's name. */
  args: readonly string[];
  /** The module. */
  name: string;
  /** How long a worker may take until it serves, in milliseconds; 0 is no limit. */
  startTimeout: number;
  /** How long the loop of a worker may stand still, in milliseconds; 0 is no limit. */
  workerTimeout: number;
  options: ServeOptions;
  /** Where the HTTP front is, if there is one. */
  http: string | undefined;
  /** Says how it goes. */
  voice: Voice;
}

/** Runs the command until a signal ends it. */
export async function serveByWorkers(supervised: Supervised): Promise<void> {
  const { count, args, name, options, http, voice, startTimeout, workerTimeout } = supervised;
  if (count === 0) throw new CommandError("--workers is 0, and there has to be one");
  findModule(name);
  const stopTimeout = (options.shutdownTimeout ?? DEFAULT_LIMITS.shutdownTimeout) + STOP_MS;
  const guard = new OrphanGuard(stopTimeout);
  const held: SharedListener[] = [];
  const release = (): void => held.splice(0).forEach((socket) => socket.release());
  // A failed start leaves no path behind either.
  ownProcess.onExit(release);
  for (const address of withSystemd(readAddresses(options))) held.push(await openShared(address));
  const fds = held.map(({ fd }) => fd);
  const workers = new Workers(
    count,
    { args, fds, guard: guard.group ?? 0, startTimeout, workerTimeout, stopTimeout },
    guard,
  );
  let front: Front | undefined;
  stopOnSignals({
    async shutdown() {
      // The workers hold them as well, and serve what waits.
      release();
      await workers.stop();
    },
    front: () => front,
    say: voice.say,
    reload: (begun) => workers.reload(begun),
    giveUp: () => workers.kill(),
  });
  if (!await workers.start()) {
    // The reason was said already.
    if (!workers.stopping) await exit(1);
    return;
  }
  if (http !== undefined) front = await openFront(http, held[0]!.address);
  await announce(held.map(({ address }) => address), front, voice);
}
