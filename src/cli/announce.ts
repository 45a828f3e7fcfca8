/**
 * The lines about the state of a server: where it listens, and that it stops.
 *
 * @module
 */

import path from "node:path";
import { formatAddress, type ListenAddress } from "../address.ts";
import { isTerminal } from "../runtime/system/terminal.ts";
import type { ParsedFlags } from "./flags.ts";
import type { Front } from "./front.ts";
import { say, sayOnStderr } from "./output.ts";
import { tellSystemd } from "./systemd.ts";

/** Writes the lines about the state of a server. */
export interface StatusOutput {
  say(line: string): void;
  /** Whether the lines go to a terminal; advice for a person is written only there. */
  readonly terminal: boolean;
}

/** Writes status lines to a stream; with `--quiet` it writes nothing. */
export function statusOutput(
  stream: "stdout" | "stderr",
  { values }: ParsedFlags,
): StatusOutput {
  if (values.quiet === true) return { say() {}, terminal: false };
  return {
    say: stream === "stdout" ? say : sayOnStderr,
    terminal: isTerminal(stream),
  };
}

/** Opens the log again, and says so; undefined where the log has no file. */
export function reopening(
  reopen: (() => void) | undefined,
  { say }: StatusOutput,
): (() => void) | undefined {
  return reopen && (() => {
    say("Reopening the log on SIGUSR1");
    reopen();
  });
}

/** Says where the server listens, and tells systemd that the service is ready. */
export async function announce(
  addresses: readonly ListenAddress[],
  front: Front | undefined,
  output: StatusOutput,
): Promise<void> {
  await sayAddresses(addresses, front, output);
  void tellSystemd("READY=1");
}

/** Says where the server listens, and on a terminal the directives of nginx for this address. */
export async function sayAddresses(
  addresses: readonly ListenAddress[],
  front: Front | undefined,
  { say, terminal }: StatusOutput,
): Promise<void> {
  for (const address of addresses) say(`Listening on ${formatAddress(address)} (SCGI)`);
  if (front?.waits === true) {
    say(`HTTP follows at ${front.url} once the old server has left it`);
  } else if (front !== undefined) say(`Open ${front.url}`);
  const address = addresses.find(({ transport }) => transport !== "fd");
  if (!terminal || address === undefined) return;
  const { nginxLocation } = await import("../config/nginx.ts");
  const backend = absolute(address);
  const location = nginxLocation(backend);
  if (location === undefined) return;
  say(`For nginx: ${location}`);
  say(`For a whole configuration: scgi config nginx --listen ${formatAddress(backend)}`);
}

/** Makes a path absolute: the web server has another working directory. */
function absolute(address: ListenAddress): ListenAddress {
  return "path" in address ? { ...address, path: path.resolve(address.path) } : address;
}
