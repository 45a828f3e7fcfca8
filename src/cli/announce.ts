/**
 * Says that the server listens.
 *
 * @module
 */

import path from "node:path";
import { formatAddress, type ListenAddress } from "../address.ts";
import { isTerminal } from "../runtime/system/terminal.ts";
import type { ParsedFlags } from "./flags.ts";
import type { Front } from "./front.ts";
import { say, sayAside } from "./output.ts";
import { tellSystemd } from "./systemd.ts";

/** How a command says what goes on. */
export interface Voice {
  /** Says a line. */
  say(line: string): void;
  /** Whether somebody reads it who may want to know what to do next. */
  readonly terminal: boolean;
}

/** What speaks on a stream, unless `--quiet` is given. */
export function speaker(stream: "stdout" | "stderr", { values }: ParsedFlags): Voice {
  if (values.quiet === true) return { say() {}, terminal: false };
  return {
    say: stream === "stdout" ? say : sayAside,
    terminal: isTerminal(stream),
  };
}

/** Tells the one at the terminal, and systemd. */
export async function announce(
  addresses: readonly ListenAddress[],
  front: Front | undefined,
  voice: Voice,
): Promise<void> {
  await sayWhere(addresses, front, voice);
  void tellSystemd("READY=1");
}

/** Says where the server listens, and on a terminal what to paste into nginx. */
export async function sayWhere(
  addresses: readonly ListenAddress[],
  front: Front | undefined,
  { say, terminal }: Voice,
): Promise<void> {
  for (const address of addresses) say(`Listening on ${formatAddress(address)} (SCGI)`);
  if (front !== undefined) say(`Open ${front.url}`);
  const address = addresses.find(({ transport }) => transport !== "fd");
  if (!terminal || address === undefined) return;
  const { nginxLocation } = await import("../config/nginx.ts");
  const whole = absolute(address);
  const location = nginxLocation(whole);
  if (location === undefined) return;
  say(`For nginx: ${location}`);
  say(`A whole configuration: scgi config nginx --listen ${formatAddress(whole)}`);
}

/** The web server has another working directory. */
function absolute(address: ListenAddress): ListenAddress {
  return "path" in address ? { ...address, path: path.resolve(address.path) } : address;
}
