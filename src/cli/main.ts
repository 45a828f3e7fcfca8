/**
 * Runs a command line: finds its command, or prints help.
 *
 * @module
 */

import { COMMANDS, loadCommand } from "./commands/mod.ts";
import { CommandError, hint } from "./error.ts";
import { requestsHelp } from "./flags.ts";
import { print } from "./print.ts";
import { VERSION } from "./version.ts";

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

/**
 * Runs a command line. A command that serves goes on after that, until a signal ends it.
 *
 * @throws {CommandError} for a wrong command line.
 */
export async function main([name, ...rest]: readonly string[]): Promise<void> {
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
