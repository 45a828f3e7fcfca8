/**
 * `scgi status`: prints the figures of a server that was started with `--status`.
 *
 * @module
 */

import process from "node:process";
import { formatAddress, parseAddress } from "../../address.ts";
import { getText, type TextResponse } from "../../runtime/http/get.ts";
import { isTerminal } from "../../runtime/system/terminal.ts";
import { printableLine, REPORT_LENGTH } from "../../scgi/printable.ts";
import type { FreeAddress } from "../../transport/socket.ts";
import { CommandError, hint } from "../error.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { print } from "../print.ts";
import type { StatusSnapshot } from "../status/snapshot.ts";
import { statusLines } from "../status/table.ts";
import { pause } from "../../runtime/system/timers.ts";

/** The help of this command. */
export const USAGE = `  scgi status ADDR [FLAG]…
    prints the figures that a server serves at this address of its status, [HOST:]PORT or unix:PATH
      --watch                 prints them anew each second
`;

/** The flags of this command. */
export const FLAGS: Flags = { watch: { type: "boolean" } };

/** The most time of a response, in milliseconds. */
const TIMEOUT_MS = 5000;
/** The time between two looks of `--watch`, likewise. */
const PERIOD_MS = 1000;
/** The number of looks over which `--watch` measures rates and durations. */
const LOOKS = 10;
/** The rows of a terminal that does not tell. */
const ROWS = 24;

/** The end of a message, by the code of the error. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "Permission is denied. Run this as the user of the server, or one of its group",
  ENOTFOUND: "The name of the host was not found. Check its spelling",
};

/** Runs the command. */
export async function run(args: string[]): Promise<void> {
  const { values, positionals: [at, ...more] } = parseFlags(args, FLAGS, "status");
  if (at === undefined) throw new CommandError(`scgi status needs an address. ${hint("status")}`);
  if (more.length > 0) throw new CommandError(`scgi status takes one address. ${hint("status")}`);
  const address = parseAddress(at);
  if ("fd" in address) {
    throw new CommandError(`The address must be [HOST:]PORT or unix:PATH, not ${at}`);
  }
  if (values.watch === true) return await watch(address);
  await print(`${printed(statusLines(await take(address)))}\n`);
}

/** Prints the figures each second, until a signal ends the command. */
async function watch(address: FreeAddress): Promise<never> {
  const redraws = isTerminal("stdout");
  let looks: StatusSnapshot[] = [];
  if (redraws) await print("\x1b[2J");
  for (;;) {
    const begun = performance.now();
    let lines: string[];
    try {
      const snapshot = await take(address);
      // Another process has taken the place of the one before.
      if (looks[0]?.since !== snapshot.since || looks[0].pid !== snapshot.pid) looks = [];
      lines = statusLines(snapshot, looks[0]);
      looks.push(snapshot);
      if (looks.length > LOOKS) looks.shift();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      looks = [];
      lines = [error.message];
    }
    if (redraws) await print(redrawn(printed(lines).split("\n")));
    else await print(`${printed(lines)}\n\n`);
    const rest = PERIOD_MS - (performance.now() - begun);
    await pause(Math.max(0, rest));
  }
}

/** Lines over those that a terminal shows. */
function redrawn(lines: string[]): string {
  // A line more would scroll.
  const shown = lines.slice(0, (process.stdout.rows || ROWS) - 1);
  return `\x1b[H${shown.map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`;
}

/** The text of lines, which another program than this one may have sent. */
function printed(lines: readonly string[]): string {
  return lines.map((line) => printableLine(line, REPORT_LENGTH)).join("\n");
}

/**
 * Takes the figures.
 *
 * @throws {CommandError} where nothing answers, or another server than that of a status.
 */
async function take(address: FreeAddress): Promise<StatusSnapshot> {
  const name = formatAddress(address);
  let response: TextResponse;
  try {
    response = await getText(address, "/stats.json", TIMEOUT_MS);
  } catch (error) {
    const { code = "", name: kind, message } = error as Error & { code?: string };
    if (kind === "TimeoutError") {
      throw new CommandError(
        `${name} does not answer: its event loop is blocked, or it is not the address of a status`,
        1,
      );
    }
    const known = ADVICE[code];
    if (known !== undefined) throw new CommandError(`${name} cannot be reached. ${known}`, 1);
    if (code === "ECONNREFUSED" || code === "ENOENT") {
      throw new CommandError(`Nothing answers at ${name}. Start scgi with --status ${name}`, 1);
    }
    if (/^(?:HPE_|ECONNRESET|ERR_)/.test(code)) throw foreign(name);
    throw new CommandError(`${name} cannot be reached: ${message}`, 1);
  }
  const snapshot = response.status === 200 ? parse(response.text) : undefined;
  if (snapshot === undefined) throw foreign(name);
  return snapshot;
}

function foreign(name: string): CommandError {
  return new CommandError(
    `${name} is not the status of scgi. Give the address of --status, not that of --listen`,
    1,
  );
}

function parse(text: string): StatusSnapshot | undefined {
  try {
    const value = JSON.parse(text) as StatusSnapshot;
    statusLines(value);
    return value;
  } catch {
    return undefined;
  }
}
