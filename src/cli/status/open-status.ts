/**
 * Serves the status of a command over HTTP, at the address of `--status`.
 *
 * @module
 */

import { formatAddress, toListenAddress } from "../../address.ts";
import { ScgiError } from "../../errors.ts";
import { complain } from "../../report/diagnostics.ts";
import { type HttpServer, serveHttp } from "../../runtime/http/http.ts";
import { ownProcess } from "../../runtime/system/process.ts";
import { isWide } from "../../server/allow.ts";
import type { ServeOptions } from "../../server/options.ts";
import type { FreeAddress } from "../../transport/socket.ts";
import type { StatusOutput } from "../announce.ts";
import { statusAddress } from "../checked-addresses.ts";
import { CommandError } from "../error.ts";
import { FollowingServer, isTaken } from "../following-server.ts";
import { cannotListen } from "../front.ts";
import { answerStatus } from "./answer.ts";
import type { StatusSnapshot } from "./snapshot.ts";

/**
 * Opens the address. It does not keep the process alive.
 *
 * @param at `[HOST:]PORT` or `unix:PATH`.
 * @param options Those of the SCGI server: a Unix socket gets the same mode and group. With `takeOver`,
 * an address that is taken is waited for.
 * @returns a function that leaves the address to a successor; otherwise it is kept until the process
 * ends.
 * @throws {CommandError} for another form of address, and where the address cannot be opened.
 */
export async function openStatus(
  at: string,
  { mode, group, takeOver }: ServeOptions,
  { say }: StatusOutput,
  take: () => StatusSnapshot,
): Promise<() => void> {
  const address = withMode(statusAddress(at), mode, group);
  const wide = isWide(toListenAddress(address));
  const hosts = "unix" in address || wide ? undefined : ["localhost", address.hostname];
  // deno-lint-ignore require-await
  const open = () => serveHttp(address, async (request) => answerStatus(request, take, hosts));
  const opened = (): void => {
    const bound = "unix" in address ? address : { hostname: address.hostname, port: server.port };
    say(`Status at ${shown(bound)}`);
    if (!wide) return;
    complain(
      `other machines can read the status at ${formatAddress(bound)}, which asks for no password`,
    );
  };
  let server: HttpServer;
  try {
    server = await open();
    opened();
  } catch (error) {
    if (takeOver !== true || !isTaken(error)) throw cannotServe(address, error);
    say(`Status follows at ${shown(address)} once the old server has left it`);
    const failed = (error: unknown): void => complain(cannotServe(address, error).message);
    server = new FollowingServer(open, { opened, failed });
  }
  server.unref();
  ownProcess.onExit(() => server.removePath());
  return () => {
    server.removePath();
    void server.drain();
  };
}

/** The address as a URL, where a browser can open it. */
function shown(address: FreeAddress): string {
  const name = formatAddress(address);
  return "unix" in address ? name : `http://${name}/`;
}

function cannotServe(address: FreeAddress, error: unknown): CommandError {
  const what = "The status cannot be served";
  if (error instanceof ScgiError) return new CommandError(`${what}: ${error.message}`, 1);
  return cannotListen(`${what} on ${formatAddress(address)}`, "--status", error);
}

function withMode(
  address: FreeAddress,
  mode: ServeOptions["mode"],
  group: ServeOptions["group"],
): FreeAddress {
  return "unix" in address ? { ...address, mode, group } : address;
}
