/**
 * Flags of the command, and the values that they have.
 *
 * @module
 */

import { parseArgs, type ParseArgsConfig } from "node:util";
import { quoted } from "../scgi/printable.ts";
import { readVariable } from "../runtime/system/environment.ts";
import { CommandError, hint } from "./error.ts";
import { didYouMean } from "./nearest.ts";

/** What flags there are, for `parseArgs`. */
export type Flags = NonNullable<ParseArgsConfig["options"]>;

/** Flags and their values, and the words between them. */
export interface ParsedFlags {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  positionals: string[];
}

/**
 * Reads the command line of a command.
 *
 * @throws {CommandError} for a flag that there is not.
 */
export function parseFlags(args: string[], options: Flags, command: string): ParsedFlags {
  try {
    return parseArgs({ args, options, allowPositionals: true, allowNegative: true }) as ParsedFlags;
  } catch (error) {
    throw new CommandError(`${whatIsWrong(error as Error, options)} ${hint(command)}`);
  }
}

/** Whether a command line asks what the command is. */
export function asksForHelp(args: string[], flags: Flags): boolean {
  const options: Flags = { ...flags, help: { type: "boolean", short: "h" } };
  const { tokens } = parseArgs({ args, options, ...LENIENT });
  return tokens.some((token) => token.kind === "option" && token.name === "help");
}

/** Where in a command line its first word that is no flag stands, if there is one. */
export function firstWord(args: string[], options: Flags): number | undefined {
  const { tokens } = parseArgs({ args, options, ...LENIENT });
  return tokens.find(({ kind }) => kind === "positional")?.index;
}

/** Reads tokens, and refuses nothing. */
const LENIENT = {
  allowPositionals: true,
  allowNegative: true,
  strict: false,
  tokens: true,
} as const;

/** A sentence about an error of `parseArgs`, whose own is longer than a line. */
function whatIsWrong({ message }: Error, options: Flags): string {
  const unknown = /^Unknown option '(-[^']+)'/.exec(message)?.[1];
  if (unknown !== undefined) {
    const near = didYouMean(unknown, Object.keys(options).map((name) => `--${name}`));
    return `There is no flag ${unknown}${near || "."}`;
  }
  const forgotten = /^Option '([^']+)' argument is ambiguous/.exec(message)?.[1];
  if (forgotten !== undefined) return `${forgotten} has no value before the next flag.`;
  return `${message.split("\n")[0]}.`;
}

/** The name of a flag, of that of its option. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * The value of a flag that is a whole number.
 *
 * @throws {CommandError} where it is none.
 */
export function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[0-9]+$/.test(value)) {
    throw new CommandError(`--${name} is ${quoted(value)}, and no whole number`);
  }
  return Number(value);
}

/**
 * The values of a flag that is `NAME=VALUE`, or `NAME` for the value that the environment has.
 *
 * @throws {CommandError} where there is no name, or no value.
 */
export function assignments(
  flag: string,
  pairs: string[] | undefined,
): Record<string, string> | undefined {
  if (pairs === undefined) return undefined;
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    const value = at < 0 ? readVariable(name) : pair.slice(at + 1);
    if (name === "") throw new CommandError(`--${flag} ${pair} has no name`);
    if (value === undefined) {
      throw new CommandError(
        `--${flag} ${name} has no value, and the environment has none that may be read`,
      );
    }
    return [name, value];
  }));
}
