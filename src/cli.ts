#!/usr/bin/env node
/**
 * The `scgi` command.
 *
 * @module
 */

import { COMMANDS, loadCommand } from "./cli/commands/mod.ts";
import { CommandError, exitWith, hint, tell } from "./cli/error.ts";
import { asksForHelp } from "./cli/flags.ts";
import { writeAllHere } from "./cli/output.ts";
import { print } from "./cli/print.ts";
import { VERSION } from "./cli/version.ts";
import { complain } from "./report/diagnostics.ts";
import { ownProcess } from "./runtime/system/process.ts";
import { endsItsWatcher } from "./runtime/system/differences.ts";

/** What there is, or what there is of one command. */
async function usage(name?: string): Promise<string> {
  if (name !== undefined) {
    const { USAGE, HELP = USAGE } = await loadCommand(name);
    return `${HELP.replace(/^ {2}|\n$/gm, "")}\n`;
  }
  const commands = await Promise.all([...COMMANDS.values()].map((load) => load()));
  return `scgi serves web-standard fetch handlers over SCGI.

${commands.map(({ USAGE }) => USAGE).join("\n")}
  scgi COMMAND --help   what there is of one command
  scgi --help           this text
  scgi --version        the version

`;
}

async function main([name, ...rest]: string[]): Promise<void> {
  switch (name) {
    case "--version":
    case "-v":
      return await print(`${VERSION}\n`);
    case "--help":
    case "-h":
    case "help":
      return await print(await usage(rest[0]));
    case undefined:
      throw new CommandError(`No command is given. ${hint()}`);
  }
  const command = await loadCommand(name);
  const own = command.own?.(rest) ?? rest;
  if (asksForHelp(own, command.FLAGS)) return await print(await usage(name));
  await command.run(rest, COMMANDS);
}

async function fail(error: unknown): Promise<void> {
  if (!endsItsWatcher()) return await exitWith(error);
  // So this stays, for the change that mends it.
  tell(error);
  complain("waiting for a change");
  setInterval(() => {}, 60_000);
}

writeAllHere();
main(ownProcess.args).catch(fail);
