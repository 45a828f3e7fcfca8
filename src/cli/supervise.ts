/**
 * `scgi serve --workers N`: opens the addresses, and keeps the workers that serve there.
 *
 * @module
 */

import { readAddresses, type ServeOptions } from "../options.ts";
import { ownProcess } from "../run/process.ts";
import { type Held, hold } from "../sockets/listen.ts";
import { withSystemd } from "../sockets/systemd.ts";
import { announce, type Voice } from "./announce.ts";
import { CommandError } from "./error.ts";
import { type Front, openFront } from "./front.ts";
import { findModule } from "./module.ts";
import { stopOnSignals } from "./stop.ts";
import { Workers } from "./workers.ts";

/** What the workers serve. */
export interface Supervised {
  /** How many there are. */
  count: number;
  /** The words after the command's name. */
  args: readonly string[];
  /** The module. */
  name: string;
  options: ServeOptions;
  /** Where the HTTP front is, if there is one. */
  http: string | undefined;
  /** Says how it goes. */
  voice: Voice;
}

/** Runs the command until a signal ends it. */
export async function serveByWorkers(supervised: Supervised): Promise<void> {
  const { count, args, name, options, http, voice } = supervised;
  if (count === 0) throw new CommandError("--workers is 0, and there has to be one");
  findModule(name);
  const held: Held[] = [];
  const release = (): void => held.splice(0).forEach((socket) => socket.release());
  // Whatever ends this process, a failed start as well.
  ownProcess.onExit(release);
  for (const address of withSystemd(readAddresses(options))) held.push(await hold(address));
  const workers = new Workers({ count, args, fds: held.map(({ fd }) => fd) });
  let front: Front | undefined;
  stopOnSignals({
    async shutdown() {
      // The workers hold them as well, and serve what waits.
      release();
      await workers.stop();
    },
    front: () => front,
    say: voice.say,
    reload: () => void workers.reload(),
    giveUp: () => workers.kill(),
  });
  if (!await workers.start()) {
    // They have said why themselves.
    if (!workers.stopping) ownProcess.exit(1);
    return;
  }
  if (http !== undefined) front = await openFront(http, held[0]!.address);
  await announce(held.map(({ address }) => address), front, voice);
}
