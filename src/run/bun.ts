/**
 * A `Bun.serve` whose servers serve over SCGI.
 *
 * @see https://bun.com/docs/runtime/http/server
 * @module
 */

import process from "node:process";
import type { BunServe } from "../runtime/types.ts";
import type { ScriptAddresses } from "./addresses.ts";
import { type BunServeOptions, readOptions } from "./bun-options.ts";
import { BunServer } from "./bun-server.ts";
import { hideStartLine } from "./bun-start-line.ts";
import { reportIgnored } from "./ignored-options.ts";
import { isForNodeHttp } from "./refusal.ts";

const IGNORED = ["tls", "idleTimeout", "http2", "http3"];
/** Bun's port where neither the options nor the environment has one. */
const PORT = "3000";

/**
 * Makes the replacement of `Bun.serve`.
 *
 * @param addresses The addresses of its servers.
 * @param native The runtime's `Bun.serve`, which reads the options.
 * @param limited Whether the command line has a limit for request bodies.
 */
export function bunServe(
  addresses: ScriptAddresses,
  native: BunServe,
  limited: boolean,
): (options: object) => BunServer | ReturnType<BunServe> {
  const hot = process.execArgv.includes("--hot");
  /** The servers that are reloaded where the script is evaluated anew. */
  const running = new Map<string, BunServer>();
  const onStop = (server: BunServer): void => {
    if (running.get(server.id) === server) running.delete(server.id);
  };
  return function serve(given) {
    // The runtime asks for a server of `node:http` by the same function.
    if (isForNodeHttp(given)) return native(given);
    const options = readOptions(given, native, "serve");
    const id = hot ? hotId(options) : String(options.id ?? "");
    const known = hot && options.id !== null ? running.get(id) : undefined;
    if (known !== undefined) {
      hideStartLine(known);
      return BunServer.reload(known, options);
    }
    const server = new BunServer(id, options, { addresses, native, limited, onStop });
    reportIgnored("Bun.serve", options, IGNORED);
    if (hot && options.id !== null) running.set(id, server);
    hideStartLine(server);
    return server;
  };
}

/** The ID by which Bun knows a server again under `--hot`: the one given, or the address. */
function hotId({ id, unix, hostname, port, tls }: BunServeOptions): string {
  if (id === null) return "";
  if (id !== undefined && String(id) !== "") return String(id);
  const scheme = tls ? "https" : "http";
  if (unix) return `[${scheme}]-unix:${unix}`;
  const { BUN_PORT, PORT: fromEnv, NODE_PORT } = process.env;
  const number = Number(port ?? (BUN_PORT || fromEnv || NODE_PORT || PORT));
  return `[${scheme}]-tcp:${hostname || "localhost"}:${number}`;
}
