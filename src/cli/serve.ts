/**
 * `scgi serve`: serves a module's default export.
 *
 * @module
 */

import process from "node:process";
import { recordResponses } from "../cgi/recording.ts";
import type { ListenAt, ServeOptions } from "../options.ts";
import { serve } from "../serve.ts";
import { CommandError, HINT } from "./error.ts";
import { type Flags, parseFlags, SERVE_FLAGS, toServeOptions, wholeNumber } from "./flags.ts";
import type { Front } from "./front.ts";
import { announce } from "./announce.ts";
import { type AppModule, loadApp } from "./module.ts";
import { stopOnSignals } from "./stop.ts";
import { endWithParent, inheritedSockets, obeyParent, tellParent } from "./worker.ts";

/** What `--help` says of this command. */
export const USAGE = `  scgi serve MODULE [FLAG]…
    serves the default export of MODULE: a function, or an object with fetch
      --listen ADDR           unix:/path, HOST:PORT, [v6]:PORT, PORT, fd:N for a listening socket
                              that another program passes, or systemd for all that systemd
                              passes; may be repeated; 127.0.0.1:4000 unless given
      --mode MODE             mode of a Unix socket, 660 unless given
      --group NAME            group of a Unix socket
      --binding NAME[=VALUE]  a value that the handler finds in env; without VALUE it is the
                              environment's; may be repeated
      --workers N             so many processes on the address; SIGHUP replaces them by new ones
      --http [HOST:]PORT      an HTTP front beside it, to try the app with no web server
      --strip-prefix PREFIX   the mount prefix to take off the path; true takes SCRIPT_NAME
      --url-from path-info    builds the URL from SCRIPT_NAME and PATH_INFO
      --allow ADDRESS         a peer that may connect over TCP; may be repeated
      --reuse-port            shares the port with other processes
      --log                   writes a line for each request, in the combined log format
      --no-record-responses   leaves the global Response alone
      --max-header-bytes N    --max-body-bytes N     --max-connections N
      --head-timeout MS       --body-timeout MS      --write-timeout MS
      --request-timeout MS    --shutdown-timeout MS
      --drain-bytes N         --drain-timeout MS
`;

const COMMAND_FLAGS: Flags = { http: { type: "string" }, workers: { type: "string" } };

/** Runs the command until a signal ends it. */
export async function run(args: string[]): Promise<void> {
  const flags = parseFlags(args, { ...SERVE_FLAGS, ...COMMAND_FLAGS });
  const [name, ...more] = flags.positionals;
  if (name === undefined) throw new CommandError(`scgi serve needs a module. ${HINT}`);
  if (more.length > 0) throw new CommandError(`scgi serve takes one module. ${HINT}`);
  const options = toServeOptions(flags);
  const inherited = inheritedSockets();
  if (inherited !== undefined) return await work(name, inherited, options);
  const http = flags.values.http as string | undefined;
  const workers = wholeNumber("workers", flags.values.workers as string | undefined);
  if (workers !== undefined) {
    const { serveByWorkers } = await import("./supervise.ts");
    return await serveByWorkers({ count: workers, args, name, options, http });
  }
  await serveHere(name, options, http);
}

/** Serves in this process. */
async function serveHere(name: string, options: ServeOptions, http?: string): Promise<void> {
  const { app, listenAt } = await load(name, options);
  const server = serve(app, { ...wanted(listenAt, options), ...defined(options) });
  let front: Front | undefined;
  // An app that ends its process leaves no socket behind.
  process.on("exit", () => void server.shutdown());
  stopOnSignals({
    shutdown: () => server.shutdown(),
    front: () => front,
    say: console.log,
    end: () => process.exit(0),
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
  announce(server.addrs!, front);
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
  process.on("unhandledRejection", (error) => console.error("scgi: unhandled rejection:", error));
  // Before the app, so that responses which are made while it loads are recorded as well.
  if (record !== false) recordResponses();
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
