/**
 * `scgi serve`: serves a module's default export.
 *
 * @module
 */

import type { ListenAt, ServeOptions } from "../options.ts";
import { noticeRejection } from "../run/notice.ts";
import { ownProcess } from "../run/process.ts";
import { serve } from "../serve.ts";
import { recordHere } from "../sockets/late-response.ts";
import { surviveStandardStreams } from "../sockets/standard-streams.ts";
import { announce, speaker, type Voice } from "./announce.ts";
import { findEntry } from "./entry.ts";
import { CommandError, hint } from "./error.ts";
import { type Flags, parseFlags, wholeNumber } from "./flags.ts";
import type { Front } from "./front.ts";
import { type AppModule, findModule, loadApp } from "./module.ts";
import { programFile } from "./program.ts";
import { SERVE_FLAGS, SERVE_FLAGS_USAGE, toServeOptions } from "./serve-flags.ts";
import { stopOnSignals } from "./stop.ts";
import { endWithParent, inheritedSockets, obeyParent, tellParent } from "./worker.ts";

/** What `--help` says of this command. */
export const USAGE: string = `  scgi serve [MODULE] [FLAG]…
    serves the default export of MODULE: a function, or an object with fetch; MODULE is what
    package.json or deno.json names, unless given
      --binding NAME[=VALUE]  a value that the handler finds in env; without VALUE it is the
                              environment's; may be repeated
      --workers N             so many processes on the address; SIGHUP replaces them by new ones
${SERVE_FLAGS_USAGE}`;

/** The flags of this command. */
export const FLAGS: Flags = {
  binding: { type: "string", multiple: true },
  workers: { type: "string" },
  ...SERVE_FLAGS,
};

/** Runs the command until a signal ends it. */
export async function run(args: string[]): Promise<void> {
  const flags = parseFlags(args, FLAGS, "serve");
  const [given, ...more] = flags.positionals;
  if (more.length > 0) throw new CommandError(`scgi serve takes one module. ${hint("serve")}`);
  const options = toServeOptions(flags);
  const name = given ?? findEntry();
  const inherited = inheritedSockets();
  if (inherited !== undefined) return await work(name, inherited, options);
  const http = flags.values.http as string | undefined;
  const workers = wholeNumber("workers", flags.values.workers as string | undefined);
  if (flags.values.watch === true) {
    if (workers !== undefined) {
      throw new CommandError("--watch goes with no --workers. Leave one of them out");
    }
    findModule(name);
    const words = args.filter((arg) => arg !== "--watch");
    const { watch } = await import("./watch.ts");
    return await watch([programFile("cli"), "serve", ...words], options);
  }
  const voice = speaker("stdout", flags);
  if (workers !== undefined) {
    const { serveByWorkers } = await import("./supervise.ts");
    // All of them serve the same, also when what names it changes.
    const words = given === undefined ? [name, ...args] : args;
    return await serveByWorkers({ count: workers, args: words, name, options, http, voice });
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
      const { openFront } = await import("./front.ts");
      front = await openFront(http, server.addr!);
    }
  } catch (error) {
    await server.shutdown();
    throw error;
  }
  await announce(server.addrs!, front, voice);
}

/** Serves as one of several workers. */
async function work(name: string, listen: string[], options: ServeOptions): Promise<void> {
  endWithParent();
  const { app, listenAt } = await load(name, options);
  const place = wanted(listenAt, options);
  if (Object.keys(place).length > 0) {
    throw new CommandError(
      `${name} exports ${Object.keys(place).join(" and ")}, which workers cannot go by. ` +
        "Give --listen",
      1,
    );
  }
  const { hostname: _h, port: _p, unix: _u, fd: _f, mode: _m, group: _g, ...rest } = options;
  const server = serve(app, { ...defined(rest), listen });
  obeyParent(() => server.shutdown());
  await server.ready;
  tellParent();
}

async function load(name: string, { recordResponses: record }: ServeOptions): Promise<AppModule> {
  surviveStandardStreams();
  ownProcess.onRejection(noticeRejection);
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
