/**
 * Serves the status of a command over HTTP, at the address of `--status`.
 *
 * @module
 */

import { formatAddress, parseAddress, type ParsedAddress, toListenAddress } from "../../address.ts";
import { ScgiError } from "../../errors.ts";
import { complain } from "../../report/diagnostics.ts";
import { type HttpServer, serveHttp } from "../../runtime/http/http.ts";
import { ownProcess } from "../../runtime/system/process.ts";
import { isWide } from "../../server/allow.ts";
import type { ServeOptions } from "../../server/options.ts";
import type { StatusOutput } from "../announce.ts";
import { CommandError } from "../error.ts";
import { cannotListen } from "../front.ts";
import { answerStatus } from "./answer.ts";
import type { StatusSnapshot } from "./snapshot.ts";

/**
 * Opens the address. It stays open until the process ends, and does not keep the process alive.
 *
 * @param at `[HOST:]PORT` or `unix:PATH`.
 * @param options Those of the SCGI server: a Unix socket gets the same mode and group.
 * @throws {CommandError} for another form of address, and where the address cannot be opened.
 */
export async function openStatus(
  at: string,
  { mode, group }: ServeOptions,
  { say }: StatusOutput,
  take: () => StatusSnapshot,
): Promise<void> {
  const address = withMode(parseAddress(at), mode, group);
  if ("fd" in address) {
    throw new CommandError(`--status must be [HOST:]PORT or unix:PATH, not ${at}`);
  }
  const wide = isWide(toListenAddress(address));
  const hosts = "unix" in address || wide ? undefined : ["localhost", address.hostname];
  let server: HttpServer;
  try {
    // deno-lint-ignore require-await
    server = await serveHttp(address, async (request) => answerStatus(request, take, hosts));
  } catch (error) {
    const what = "The status cannot be served";
    if (error instanceof ScgiError) throw new CommandError(`${what}: ${error.message}`, 1);
    throw cannotListen(`${what} on ${formatAddress(address)}`, "--status", error);
  }
  server.unref();
  ownProcess.onExit(() => server.removePath());
  const bound = "unix" in address ? address : { hostname: address.hostname, port: server.port };
  const name = formatAddress(bound);
  say(`Status at ${"unix" in bound ? name : `http://${name}/`}`);
  if (wide) complain(`other machines can read the status at ${name}, which asks for no password`);
}

function withMode(
  address: ParsedAddress,
  mode: ServeOptions["mode"],
  group: ServeOptions["group"],
): ParsedAddress {
  return "unix" in address ? { ...address, mode, group } : address;
}
