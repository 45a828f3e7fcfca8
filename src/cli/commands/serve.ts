/**
 * `scgi serve`: serves a module's default export.
 *
 * @module
 */

import { readAddresses, type ServeOptions } from "../../server/options.ts";
import { reportRejection } from "../../report/diagnostics.ts";
import { ownProcess } from "../../runtime/system/process.ts";
import type { App } from "../../server/handler.ts";
import { serve, successionOf } from "../../server/serve.ts";
import type { Server } from "../../server/server.ts";
import { adoptSettings } from "../../runtime/system/settings.ts";
import { recordHere } from "../../runtime/chosen.ts";
import { surviveStandardStreams } from "../../runtime/system/standard-streams.ts";
import { anchorPaths } from "../anchored-paths.ts";
import { announce, reopening, type StatusOutput, statusOutput } from "../announce.ts";
import { refuseUseless } from "../checked-addresses.ts";
import { findEntry } from "../entry.ts";
import { CommandError, hint } from "../error.ts";
import { type Flags, isLogFile, type ParsedFlags, parseFlags, wholeNumber } from "../flags.ts";
import type { Front } from "../front.ts";
import type { LogOutput } from "../log-output.ts";
import { type AppModule, findModule, loadApp } from "../module.ts";
import { programFile } from "../program.ts";
import { type Role, takeRole } from "../role.ts";
import { checkServeOptions } from "../serve-checks.ts";
import { SERVE_FLAGS, SERVE_FLAGS_USAGE, toServeOptions } from "../serve-flags.ts";
import { stopOnSignals, TAKEN_OVER } from "../stop.ts";
import { keepFromChildren } from "../systemd.ts";

/** The help of this command. */
export const USAGE: string = `  scgi serve [MODULE] [FLAG]…
    serves the default export of MODULE: a function, or an object or class with fetch; or its export
    fetch. Without MODULE, the module that package.json or deno.json names
      --binding NAME[=VALUE]  adds a value to env of the handler; without =VALUE, the environment
                              variable NAME; may be repeated
      --workers N             serves with N processes; SIGHUP replaces them with new ones
      --start-timeout MS      time limit for the start of a worker (default 60000)
      --worker-timeout MS     replaces a worker whose event loop is blocked, or that accepts no
                              connections, for this time (default 0: never; 30000 is a good value)
      --max-requests N        replaces a worker after N requests, and up to a tenth more by chance
                              (default 0: never)
      --max-memory MIB        replaces a worker that uses more memory (default 0: never)
${SERVE_FLAGS_USAGE}`;

/** The flags of this command. */
export const FLAGS: Flags = {
  binding: { type: "string", multiple: true },
  workers: { type: "string" },
  "start-timeout": { type: "string" },
  "worker-timeout": { type: "string" },
  "max-requests": { type: "string" },
  "max-memory": { type: "string" },
  ...SERVE_FLAGS,
};

/** The flags that need `--workers`, and why. */
const OF_WORKERS: Readonly<Record<string, string>> = {
  "start-timeout": "whose processes it is about",
  "worker-timeout": "which replaces the process by another",
  "max-requests": "which replaces the process by another, so that no request is lost",
  "max-memory": "which replaces the process by another, so that no request is lost",
};

/** More processes than any machine has processors. */
const MOST_WORKERS = 1024;
/** The default of `--start-timeout`. */
const START_MS = 60_000;

/** Runs the command until a signal ends it. */
export async function run(args: string[]): Promise<void> {
  const flags = parseFlags(args, FLAGS, "serve");
  const [given, ...more] = flags.positionals;
  if (more.length > 0) {
    const isLog = args.some((word, at) => word === given && args[at - 1] === "--log");
    const log = isLog ? `, and a log is --log=${given}` : "";
    throw new CommandError(`scgi serve takes one module${log}. ${hint("serve")}`);
  }
  const options = toServeOptions(flags);
  const http = flags.values.http as string | undefined;
  const status = flags.values.status as string | undefined;
  const workers = numberOf(flags, "workers", [1, MOST_WORKERS]);
  const name = given ?? findEntry();
  const role = takeRole();
  if (role !== undefined) return await serveForParent(role, name, options, flags);
  await checkServeOptions(options, flags, workers !== undefined);
  for (const [flag, why] of Object.entries(OF_WORKERS)) {
    const value = numberOf(flags, flag);
    if (workers !== undefined || value === undefined) continue;
    throw new CommandError(`--${flag} needs --workers, ${why}. Add it, or leave this flag out`);
  }
  const watched = flags.values.watch === true;
  if (watched && workers !== undefined) {
    throw new CommandError("--watch and --workers cannot be given together. Leave one of them out");
  }
  await adoptSettings(findModule(name), programFile("cli"), ["serve", ...args]);
  if (watched) {
    const words = args.filter((arg) => arg !== "--watch");
    const { watch } = await import("../watch.ts");
    return await watch([programFile("cli"), "serve", ...words], options);
  }
  const output = statusOutput("stdout", flags);
  if (workers !== undefined) {
    const { serveByWorkers } = await import("../workers/supervise.ts");
    return await serveByWorkers({
      count: workers,
      // All workers serve the same module, even when package.json changes.
      args: given === undefined ? [name, ...args] : args,
      name,
      startTimeout: numberOf(flags, "start-timeout") ?? START_MS,
      workerTimeout: numberOf(flags, "worker-timeout") ?? 0,
      options,
      http,
      status,
      output,
      logs: isLogFile(flags),
    });
  }
  await serveHere(name, options, output, { log: await logOf(flags, name), http, status });
}

function numberOf(
  { values }: ParsedFlags,
  flag: string,
  range?: [least: number, most: number],
): number | undefined {
  return wholeNumber(flag, values[flag] as string | undefined, range);
}

/** Serves in this process as one of the workers of a parent. */
async function serveForParent(
  role: Role,
  name: string,
  options: ServeOptions,
  flags: ParsedFlags,
): Promise<void> {
  const { serveAsWorker } = await import("../workers/serve.ts");
  let log: LogOutput | undefined;
  // A failure is the parent's to tell.
  const load = async (): Promise<App> => {
    log = await logOf(flags, name);
    if (log !== undefined) options.log = log.write;
    return await loadForWorker(name, options);
  };
  await serveAsWorker(role, load, () => defined(options), {
    workerTimeout: numberOf(flags, "worker-timeout"),
    reopen: () => log?.reopen?.(),
    tellsStats: flags.values.status !== undefined,
    wear: {
      maxRequests: numberOf(flags, "max-requests") ?? 0,
      maxMemory: numberOf(flags, "max-memory") ?? 0,
    },
  });
}

/** Outputs and addresses beside the server's own. */
interface Beside {
  /** The output of the access log. */
  log: LogOutput | undefined;
  /** The address of the HTTP front. */
  http: string | undefined;
  /** The address of the status. */
  status: string | undefined;
}

/** Serves in this process. */
async function serveHere(
  name: string,
  options: ServeOptions,
  output: StatusOutput,
  { log, http, status }: Beside,
): Promise<void> {
  let server: Server | undefined;
  let front: Front | undefined;
  let stopping = false;
  let leaveStatus = (): void => {};
  let shutdown = async (): Promise<void> => {};
  // Before the app loads, which may take long.
  const stop = stopOnSignals({
    shutdown() {
      stopping = true;
      return shutdown();
    },
    front: () => front,
    say: output.say,
    reopen: reopening(log?.reopen, output),
  });
  if (status !== undefined) {
    const { openStatus } = await import("../status/open-status.ts");
    const { ofServers } = await import("../status/here.ts");
    const take = () => ofServers(server === undefined ? [] : [server], stopping, true);
    leaveStatus = await openStatus(status, options, output, take);
  }
  const anchored = anchorPaths(options);
  const { app, listenAt } = await load(name, options);
  if (stopping) return;
  const own = { ...listenAt(options), ...defined(anchored()) };
  refuseUseless(own, readAddresses(own));
  const started = server = serve(app, { ...own, log: log?.write });
  shutdown = () => started.shutdown();
  successionOf(started).onReplaced = () => {
    leaveStatus();
    stop(TAKEN_OVER);
  };
  // Removes the Unix socket when the app ends the process.
  ownProcess.onExit(() => void started.shutdown());
  await started.ready;
  try {
    if (http !== undefined) {
      const { openFront } = await import("../front.ts");
      front = await openFront(http, started.addr!, options.takeOver, output.say);
    }
  } catch (error) {
    await started.shutdown();
    throw error;
  }
  await announce(started.addrs!, front, output);
}

/** The output of the access log, loaded only where a flag asks for the log. */
async function logOf(flags: ParsedFlags, module: string): Promise<LogOutput | undefined> {
  const { log, "log-format": format } = flags.values;
  if (log === undefined && format === undefined) return undefined;
  const { openLog } = await import("../log-output.ts");
  return openLog(flags, "stdout", module);
}

/** Loads the app of a worker, whose address its parent opens. */
async function loadForWorker(name: string, options: ServeOptions): Promise<App> {
  const { app, listenAt } = await load(name, options);
  const exported = Object.keys(listenAt(options));
  if (exported.length === 0) return app;
  throw new CommandError(
    `${name} exports ${exported.join(" and ")}, which cannot be used with --workers. ` +
      "Give --listen",
    1,
  );
}

async function load(name: string, { recordResponses: record }: ServeOptions): Promise<AppModule> {
  keepFromChildren();
  surviveStandardStreams();
  ownProcess.onRejection(reportRejection);
  // Before the app loads, which may create responses at once.
  if (record !== false) recordHere();
  return await loadApp(name);
}

function defined(options: ServeOptions): ServeOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
