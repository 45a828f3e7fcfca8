/**
 * What `scgi run` has loaded before the script: opens the addresses, and puts the stand-ins in
 * their place. By hand, where Deno shall have few permissions:
 *
 * ```sh
 * SCGI_RUN='["--listen","127.0.0.1:4000"]' deno run --allow-env=SCGI_RUN \
 *   --allow-net=127.0.0.1:4000 --preload src/cli/preload.ts app.ts
 * ```
 *
 * @module
 */

import process from "node:process";
import { complain } from "../report/diagnostics.ts";
import { type ScriptAddress, ScriptAddresses } from "../run/addresses.ts";
import { ownProcess } from "../runtime/system/process.ts";
import { replaceServe } from "../run/replace-serve.ts";
import { SERVE_CALL } from "../runtime/system/conventions.ts";
import { mayRead, readVariable, removeVariables } from "../runtime/system/environment.ts";
import { recordHere } from "../runtime/fetch/lazy-response.ts";
import { sayWhere, speaker, type Voice } from "./announce.ts";
import { CommandError, exitWith } from "./error.ts";
import { parseFlags } from "./flags.ts";
import { type Front, openFront } from "./front.ts";
import { exit, sayAside, writeAllHere } from "./output.ts";
import { FLAGS, FLAGS_VARIABLE } from "./commands/run.ts";
import { toServeOptions } from "./serve-flags.ts";
import { stopOnSignals } from "./stop.ts";
import { tellSystemd } from "./systemd.ts";

/** After this long, whoever waits for a server is told that there is none. */
const PATIENCE_MS = 5000;
/** How long a script may work on after its servers have stopped. */
const LAST_WORK_MS = 1000;

async function prepare(): Promise<void> {
  const flags = parseFlags(readWords(), FLAGS, "run");
  // Deno's watcher starts the script anew in this process, with this environment.
  if (flags.values.watch !== true) removeVariables([FLAGS_VARIABLE]);
  const options = toServeOptions(flags);
  // What is on stdout is the script's.
  const voice = speaker("stderr", flags);
  if (options.log !== undefined) options.log = sayAside;
  if (options.recordResponses !== false) recordHere();
  const opening = ScriptAddresses.open(options);
  let front: Front | undefined;
  let stopping = false;
  const others = process.listenerCount("SIGTERM");
  stopOnSignals({
    async shutdown() {
      stopping = true;
      await (await opening).shutdown();
    },
    front: () => front,
    say: voice.say,
    end: (signal) => end(signal, own),
  });
  const own = process.listenerCount("SIGTERM") - others;
  const addresses = await opening;
  // However it ends, its Unix sockets are gone: this begins to stop, and removes them first.
  ownProcess.onExit(() => void addresses.shutdown());
  const http = flags.values.http as string | undefined;
  if (http !== undefined) front = await openFront(http, addresses.first.server.addr!);
  // Deno loads the script only when nothing that was loaded before it holds the process.
  front?.unref();
  addresses.onAssigned = (address) => stopping || announceAddress(address, addresses, front, voice);
  replaceServe(addresses, { limited: options.maxBodyBytes !== undefined });
  process.once("beforeExit", () => servedNothing(addresses));
  setTimeout(() => stillFree(addresses), PATIENCE_MS).unref();
}

/** The flags, as the command has passed them on. */
function readWords(): string[] {
  if (!mayRead(FLAGS_VARIABLE)) {
    throw new CommandError(
      `${FLAGS_VARIABLE} may not be read. Run Deno with --allow-env=${FLAGS_VARIABLE}`,
      1,
    );
  }
  const text = readVariable(FLAGS_VARIABLE) ?? "[]";
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  } catch {
    // The same sentence.
  }
  throw new CommandError(`${FLAGS_VARIABLE} is ${text}, and no list of words such as ["--log"]`);
}

async function announceAddress(
  address: ScriptAddress,
  addresses: ScriptAddresses,
  front: Front | undefined,
  voice: Voice,
): Promise<void> {
  await sayWhere(address.server.addrs!, address === addresses.first ? front : undefined, voice);
  if (addresses.free.length === 0) await tellSystemd("READY=1");
}

function servedNothing(addresses: ScriptAddresses): void {
  if (addresses.used) return;
  complain(
    `${process.argv[1]} has started no server. It has to call ${SERVE_CALL}, ` +
      "or to export default { fetch }",
  );
  void exit(1);
}

function stillFree(addresses: ScriptAddresses): void {
  for (const { name } of addresses.free) {
    complain(`no server was started for ${name} yet; requests wait there`);
  }
}

/** A script that handles the signal ends itself; any other has a moment for what it has begun. */
function end(signal: NodeJS.Signals, own: number): void {
  process.exitCode = 0;
  // Deno takes its signal handlers away when a process ends by itself, and the next signal kills it.
  process.once("beforeExit", () => process.exit());
  if (process.listenerCount(signal) > own) return;
  setTimeout(() => process.exit(0), LAST_WORK_MS).unref();
}

writeAllHere();
try {
  await prepare();
} catch (error) {
  await exitWith(error);
}
