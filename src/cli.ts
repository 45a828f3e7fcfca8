#!/usr/bin/env node
/**
 * The `scgi` command.
 *
 * @module
 */

import process from "node:process";
import { CommandError, exitWith, HINT } from "./cli/error.ts";

/** What a command's module has. */
interface Command {
  /** What `--help` says of it. */
  readonly USAGE: string;
  run(args: string[]): void | Promise<void>;
}

/** The commands; only the one that is asked for is loaded. */
const COMMANDS = new Map<string, () => Promise<Command>>([
  ["serve", () => import("./cli/serve.ts")],
  ["run", () => import("./cli/run.ts")],
  ["fetch", () => import("./cli/fetch.ts")],
  ["gateway", () => import("./cli/gateway.ts")],
  ["config", () => import("./cli/config.ts")],
]);

async function usage(): Promise<string> {
  const commands = await Promise.all([...COMMANDS.values()].map((load) => load()));
  return `scgi serves web-standard fetch handlers over SCGI.

${commands.map(({ USAGE }) => USAGE).join("\n")}
  scgi --help       this text
  scgi --version    the version
`;
}

async function main([name, ...rest]: string[]): Promise<void> {
  switch (name) {
    case "--version":
    case "-v": {
      const { VERSION } = await import("./cli/version.ts");
      return console.log(VERSION);
    }
    case "--help":
    case "-h":
    case "help":
      return console.log(await usage());
    case undefined:
      throw new CommandError(`No command is given. ${HINT}`);
  }
  const load = COMMANDS.get(name);
  if (load === undefined) {
    throw new CommandError(`There is no command ${JSON.stringify(name)}. ${HINT}`);
  }
  await (await load()).run(rest);
}

main(process.argv.slice(2)).catch(exitWith);
