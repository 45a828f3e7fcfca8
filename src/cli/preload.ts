/**
 * Loaded by `scgi run` before the script: opens the addresses, and replaces the runtime's own calls
 * that start a server. By hand, for a Deno with few permissions:
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
import { SERVE_CALL } from "../runtime/system/differences.ts";
import { mayRead, readVariable, removeVariables } from "../runtime/system/environment.ts";
import { recordHere } from "../runtime/chosen.ts";
import { reopening, sayAddresses, type StatusOutput, statusOutput } from "./announce.ts";
import { CommandError, exitWith } from "./error.ts";
import { parseFlags } from "./flags.ts";
import { type Front, openFront } from "./front.ts";
import { openLog } from "./log-output.ts";
import { exit, queueAllLines } from "./output.ts";
import { FLAGS, FLAGS_VARIABLE } from "./commands/run.ts";
import { programFile } from "./program.ts";
import { toServeOptions } from "./serve-flags.ts";
import { stopOnSignals, TAKEN_OVER } from "./stop.ts";
import { keepFromChildren, tellSystemd } from "./systemd.ts";

/** The time after which an address without a server is reported. */
const PATIENCE_MS = 5000;
/** How long a script may go on after its servers have stopped. */
const LAST_WORK_MS = 1000;

async function prepare(): Promise<void> {
  const flags = parseFlags(readWords(), FLAGS, "run");
  // Deno's watcher starts the script anew in this process, with this environment.
  if (flags.values.watch !== true) removeVariables([FLAGS_VARIABLE]);
  keepFromChildren();
  const options = toServeOptions(flags);
  // The script has standard output for itself.
  const output = statusOutput("stderr", flags);
  const script = process.argv[1] ?? "";
  const log = openLog(flags, "stderr", script);
  options.log = log?.write;
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
    say: output.say,
    reopen: reopening(log?.reopen, output),
    end: (signal) => end(signal, own),
  });
  const own = process.listenerCount("SIGTERM") - others;
  const addresses = await opening;
  // Removes the Unix sockets however the script ends: the first step of a shutdown does.
  ownProcess.onExit(() => void addresses.shutdown());
  const status = flags.values.status as string | undefined;
  let leaveStatus = (): void => {};
  if (status !== undefined) {
    const { openStatus } = await import("./status/open-status.ts");
    const { ofServers } = await import("./status/here.ts");
    const take = () => ofServers(addresses.servers, stopping, addresses.free.length === 0);
    leaveStatus = await openStatus(status, options, output, take);
  }
  const http = flags.values.http as string | undefined;
  if (http !== undefined) {
    front = await openFront(http, addresses.first.server.addr!, options.takeOver, output.say);
  }
  // Deno loads the script only when the preload keeps the process alive no longer.
  front?.unref();
  addresses.onAssigned = (address) =>
    stopping || announceAddress(address, addresses, front, output);
  addresses.onReplaced = () => {
    leaveStatus();
    output.say(`Stopping ${TAKEN_OVER}`);
    // The signal of a stop by hand tells a script that handles it itself as well.
    process.kill(process.pid, "SIGTERM");
  };
  addresses.onReleased = (address) => {
    if (!stopping) setTimeout(() => stopping || stillReleased(address), PATIENCE_MS).unref();
  };
  replaceServe(addresses, {
    limited: options.maxBodyBytes !== undefined,
    preload: programFile("cli/preload"),
    refusal: programFile("cli/refuse-serve"),
  });
  process.once("beforeExit", () => servedNothing(addresses));
  setTimeout(() => stillFree(addresses), PATIENCE_MS).unref();
}

/** The flags that the command passes in a variable. */
function readWords(): string[] {
  if (!mayRead(FLAGS_VARIABLE)) {
    throw new CommandError(
      `The variable ${FLAGS_VARIABLE} may not be read. Run Deno with --allow-env=${FLAGS_VARIABLE}`,
      1,
    );
  }
  const text = readVariable(FLAGS_VARIABLE) ?? "[]";
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  } catch {
    // Falls through to the error.
  }
  throw new CommandError(
    `${FLAGS_VARIABLE} must be a list of words in JSON, such as ["--log"], not ${text}`,
  );
}

async function announceAddress(
  address: ScriptAddress,
  addresses: ScriptAddresses,
  front: Front | undefined,
  output: StatusOutput,
): Promise<void> {
  try {
    await address.takePath();
  } catch (error) {
    return await exitWith(error);
  }
  await sayAddresses(
    address.server.addrs!,
    address === addresses.first ? front : undefined,
    output,
  );
  if (addresses.free.length === 0) await tellSystemd("READY=1");
}

function servedNothing(addresses: ScriptAddresses): void {
  if (addresses.used) return;
  complain(
    `${process.argv[1]} did not start a server. Call ${SERVE_CALL} in it, ` +
      "or export default { fetch }",
  );
  void exit(1);
}

function stillFree(addresses: ScriptAddresses): void {
  for (const { name, used } of addresses.free) {
    if (used) continue;
    complain(`the script has not started a server for ${name} yet; requests to it wait`);
  }
}

function stillReleased({ name, assigned }: ScriptAddress): void {
  if (assigned) return;
  complain(`the script has stopped its server for ${name}; requests to it wait for another server`);
}

/** Ends the script after {@linkcode LAST_WORK_MS}, unless it handles the signal itself. */
function end(signal: NodeJS.Signals, own: number): void {
  process.exitCode = 0;
  // Deno removes its signal handlers when a process ends by itself; the next signal would kill it.
  process.once("beforeExit", () => process.exit());
  if (process.listenerCount(signal) > own) return;
  setTimeout(() => process.exit(0), LAST_WORK_MS).unref();
}

queueAllLines();
try {
  await prepare();
} catch (error) {
  await exitWith(error);
}
