/**
 * `scgi serve`: serves a module's default export.
 *
 * @module
 */

import { DEFAULT_LIMITS, type ListenAt, type ServeOptions } from "../../server/options.ts";
import { reportRejection } from "../../report/diagnostics.ts";
import { ownProcess } from "../../runtime/system/process.ts";
import { serve } from "../../server/serve.ts";
import { recordHere } from "../../runtime/fetch/lazy-response.ts";
import { surviveStandardStreams } from "../../runtime/system/standard-streams.ts";
import { announce, speaker, type Voice } from "../announce.ts";
import { later } from "../deadlines.ts";
import { findEntry } from "../entry.ts";
import { CommandError, hint } from "../error.ts";
import { type Flags, parseFlags, wholeNumber } from "../flags.ts";
import type { Front } from "../front.ts";
import { type AppModule, findModule, loadApp } from "../module.ts";
import { programFile } from "../program.ts";
import { type Role, takeRole } from "../role.ts";
import { SERVE_FLAGS, SERVE_FLAGS_USAGE, toServeOptions } from "../serve-flags.ts";
import { stopOnSignals } from "../stop.ts";

/** What `--help` says of this command. */
export const USAGE: string = `  scgi serve [MODULE] [FLAG]…
    serves the default export of MODULE: a function, or an object with fetch; MODULE is what
    package.json or deno.json names, unless given
      --binding NAME[=VALUE]  a value that the handler finds in env; without VALUE it is the
                              environment's; may be repeated
      --workers N             so many processes on the address; SIGHUP replaces them by new ones
      --start-timeout MS      how long a worker may take until it serves; 60000 unless given
      --worker-timeout MS     replaces a worker whose loop stands still, or whose listener accepts
                              nothing, for so long; off unless given, 30000 is a good time
${SERVE_FLAGS_USAGE}`;

/** The flags of this command. */
export const FLAGS: Flags = {
  binding: { type: "string", multiple: true },
  workers: { type: "string" },
  "start-timeout": { type: "string" },
  "worker-timeout": { type: "string" },
  ...SERVE_FLAGS,
};

/** How long a worker may take until it serves, unless `--start-timeout` is given. */
const START_MS = 60_000;

/** Runs the command until a signal ends it. */
export async function run(args: string[]): Promise<void> {
  const flags = parseFlags(args, FLAGS, "serve");
  const [given, ...more] = flags.positionals;
  if (more.length > 0) throw new CommandError(`scgi serve takes one module. ${hint("serve")}`);
  const options = toServeOptions(flags);
  const name = given ?? findEntry();
  const number = (flag: string) => wholeNumber(flag, flags.values[flag] as string | undefined);
  const [startTimeout, workerTimeout] = [number("start-timeout"), number("worker-timeout")];
  const role = takeRole();
  if (role !== undefined) return await work(name, role, options, workerTimeout);
  const http = flags.values.http as string | undefined;
  const workers = number("workers");
  for (const flag of ["start-timeout", "worker-timeout"]) {
    if (workers !== undefined || flags.values[flag] === undefined) continue;
    throw new CommandError(`--${flag} is for --workers, which is not given`);
  }
  if (flags.values.watch === true) {
    if (workers !== undefined) {
      throw new CommandError("--watch goes with no --workers. Leave one of them out");
    }
    findModule(name);
    const words = args.filter((arg) => arg !== "--watch");
    const { watch } = await import("../watch.ts");
    return await watch([programFile("cli"), "serve", ...words], options);
  }
  const voice = speaker("stdout", flags);
  if (workers !== undefined) {
    const { serveByWorkers } = await import("../workers/supervise.ts");
    return await serveByWorkers({
      count: workers,
      // All of them serve the same, also when what names it changes.
      args: given === undefined ? [name, ...args] : args,
      name,
      startTimeout: startTimeout ?? START_MS,
      workerTimeout: workerTimeout ?? 0,
      options,
      http,
      voice,
    });
  }
  await serveHere(name, options, voice, http);
}

/** Serves in this process. */
async function serveHere(
  name: string,
  options: ServeOptions,
  voice: Voice,
  http?: string,
): Promise<void> {
  const { app, listenAt } = await load(name, options);
  const server = serve(app, { ...wanted(listenAt, options), ...defined(options) });
  let front: Front | undefined;
  // An app that ends its process leaves no socket behind.
  ownProcess.onExit(() => void server.shutdown());
  stopOnSignals({
    shutdown: () => server.shutdown(),
    front: () => front,
    say: voice.say,
  });
  await server.ready;
  try {
    if (http !== undefined) {
      const { openFront } = await import("../front.ts");
      front = await openFront(http, server.addr!);
    }
  } catch (error) {
    await server.shutdown();
    throw error;
  }
  await announce(server.addrs!, front, voice);
}

/** Serves as one of several workers. */
async function work(
  name: string,
  role: Role,
  options: ServeOptions,
  timeout = 0,
): Promise<void> {
  const { Parent } = await import("../workers/child.ts");
  const parent = new Parent(role);
  const { app, listenAt } = await load(name, options);
  const place = wanted(listenAt, options);
  if (Object.keys(place).length > 0) {
    throw new CommandError(
      `${name} exports ${Object.keys(place).join(" and ")}, which workers cannot go by. ` +
        "Give --listen",
      1,
    );
  }
  const { shutdownTimeout: patience = DEFAULT_LIMITS.shutdownTimeout } = options;
  const { hostname: _h, port: _p, unix: _u, fd: _f, mode: _m, group: _g, ...rest } = options;
  const server = serve(app, { ...defined(rest), listen: role.fds.map((fd) => ({ fd })) });
  parent.obey(() => {
    // The parent counts from now on, the server from when the backlog is empty.
    later(patience, () => void server.shutdown({ timeout: 0 }));
    return server.shutdown();
  });
  await server.ready;
  parent.tellReady();
  if (timeout === 0) return;
  const { takePulse } = await import("../workers/pulse.ts");
  parent.beat(await takePulse(timeout, role.fds, () => server.stats().accepted));
}

async function load(name: string, { recordResponses: record }: ServeOptions): Promise<AppModule> {
  surviveStandardStreams();
  ownProcess.onRejection(reportRejection);
  // Before the app, so that responses which are made while it loads are recorded as well.
  if (record !== false) recordHere();
  return await loadApp(name);
}

/** What a module wants of its address, as far as flags do not say otherwise. */
function wanted(listenAt: ListenAt, { listen, port, hostname, unix, fd }: ServeOptions): ListenAt {
  const elsewhere = listen ?? unix ?? fd ?? (listenAt.unix && (port ?? hostname));
  return elsewhere === undefined ? listenAt : {};
}

function defined(options: ServeOptions): ServeOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
