#!/usr/bin/env node
/**
 * The `scgi` command.
 *
 * @module
 */

import { COMMANDS, loadCommand } from "./cli/commands/mod.ts";
import { CommandError, exitWith, hint, reportError } from "./cli/error.ts";
import { requestsHelp } from "./cli/flags.ts";
import { queueAllLines } from "./cli/output.ts";
import { print } from "./cli/print.ts";
import { VERSION } from "./cli/version.ts";
import { complain } from "./report/diagnostics.ts";
import { ownProcess } from "./runtime/system/process.ts";
import { endsItsWatcher } from "./runtime/system/conventions.ts";

/** The help of all commands, or of one. */
async function usage(name?: string): Promise<string> {
  if (name !== undefined) {
    const { USAGE, HELP = USAGE } = await loadCommand(name);
    return `${HELP.replace(/^ {2}|\n$/gm, "")}\n`;
  }
  const commands = await Promise.all([...COMMANDS.values()].map((load) => load()));
  return `scgi serves web-standard fetch handlers over SCGI.

${commands.map(({ USAGE }) => USAGE).join("\n")}
  scgi COMMAND --help   prints the help of one command
  scgi --help           prints this text
  scgi --version        prints the version

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
      throw new CommandError(`A command must be given. ${hint()}`);
  }
  const command = await loadCommand(name);
  const args = command.ownArguments?.(rest) ?? rest;
  if (requestsHelp(args, command.FLAGS)) return await print(await usage(name));
  await command.run(rest, COMMANDS);
}

async function fail(error: unknown): Promise<void> {
  if (!endsItsWatcher()) return await exitWith(error);
  // The watcher of Bun would end with this process, and miss the change that corrects the module.
  reportError(error);
  complain("waiting for a file to change");
  setInterval(() => {}, 60_000);
}

queueAllLines();
main(ownProcess.args).catch(fail);
