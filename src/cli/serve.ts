/**
 * `scgi serve`: serves a module's default export.
 *
 * @module
 */

import process from "node:process";
import { formatAddress } from "../address.ts";
import { recordResponses } from "../cgi/recording.ts";
import type { ListenAt, ServeOptions } from "../options.ts";
import { serve, type Server } from "../serve.ts";
import { CommandError, HINT } from "./error.ts";
import { parseFlags, SERVE_FLAGS, toServeOptions } from "./flags.ts";
import { type Front, openFront } from "./front.ts";
import { loadApp } from "./module.ts";
import { tellSystemd } from "./systemd.ts";

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
      --http [HOST:]PORT      an HTTP front beside it, to try the app with no web server
      --strip-prefix PREFIX   the mount prefix to take off the path; true takes SCRIPT_NAME
      --url-from path-info    builds the URL from SCRIPT_NAME and PATH_INFO
      --allow ADDRESS         a peer that may connect over TCP; may be repeated
      --reuse-port            shares the port with other processes
      --no-record-responses   leaves the global Response alone
      --max-header-bytes N    --max-body-bytes N     --max-connections N
      --head-timeout MS       --body-timeout MS      --write-timeout MS
      --request-timeout MS    --shutdown-timeout MS
      --drain-bytes N         --drain-timeout MS
`;

/** How long the stop may wait for systemd to have been told of it. */
const TELL_MS = 1000;
/** How long the front may take to pass the last replies on. */
const PASS_ON_MS = 250;
/** `deno task` and shells pass on a signal that the terminal has sent as well. */
const SAME_SIGNAL_MS = 50;

/** Runs the command until a signal ends it. */
export async function serveCommand(args: string[]): Promise<void> {
  const flags = parseFlags(args, { ...SERVE_FLAGS, http: { type: "string" } });
  const [name, ...more] = flags.positionals;
  if (name === undefined) throw new CommandError(`scgi serve needs a module. ${HINT}`);
  if (more.length > 0) throw new CommandError(`scgi serve takes one module. ${HINT}`);
  const options = toServeOptions(flags);
  process.on("unhandledRejection", (error) => console.error("scgi: unhandled rejection:", error));
  // Before the app, so that responses which are made while it loads are recorded as well.
  if (options.recordResponses !== false) recordResponses();
  const { app, listenAt } = await loadApp(name);
  const server = serve(app, { ...wanted(listenAt, options), ...defined(options) });
  let front: Front | undefined;
  stopOnSignals(server, () => front);
  await server.ready;
  try {
    const http = flags.values.http as string | undefined;
    if (http !== undefined) front = await openFront(http, server.addr!);
  } catch (error) {
    await server.shutdown();
    throw error;
  }
  for (const address of server.addrs!) console.log(`Listening on ${formatAddress(address)} (SCGI)`);
  if (front !== undefined) console.log(`Open ${front.url}`);
  tellSystemd("READY=1");
}

/** Drains at the first signal and exits at the second. */
function stopOnSignals(server: Server, findFront: () => Front | undefined): void {
  let since = 0;
  const stop = async (): Promise<void> => {
    if (since > 0 && performance.now() - since < SAME_SIGNAL_MS) return;
    if (since > 0) process.exit(1);
    since = performance.now();
    const told = tellSystemd("STOPPING=1");
    const front = findFront();
    const passedOn = front?.drain();
    await server.shutdown();
    await Promise.race([passedOn, new Promise((resolve) => setTimeout(resolve, PASS_ON_MS))]);
    await front?.close();
    // The end of this process may be the end of the one that tells.
    await Promise.race([told, new Promise((resolve) => setTimeout(resolve, TELL_MS))]);
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
}

/** What a module wants of its address, as far as flags do not say otherwise. */
function wanted(listenAt: ListenAt, { listen, port, hostname, unix, fd }: ServeOptions): ListenAt {
  const elsewhere = listen ?? unix ?? fd ?? (listenAt.unix && (port ?? hostname));
  return elsewhere === undefined ? listenAt : {};
}

function defined(options: ServeOptions): ServeOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
