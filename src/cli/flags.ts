/**
 * Parses the flags of a command line.
 *
 * @module
 */

import { parseArgs, type ParseArgsConfig } from "node:util";
import { quoted } from "../scgi/printable.ts";
import { readVariable } from "../runtime/system/environment.ts";
import { CommandError, hint } from "./error.ts";
import { didYouMean } from "./nearest.ts";

/** The flags of a command, as `parseArgs` takes them. */
export type Flags = NonNullable<ParseArgsConfig["options"]>;

/** The values of flags by name, and the other arguments. */
export interface ParsedFlags {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  positionals: string[];
}

/**
 * Parses the arguments of a command.
 *
 * @throws {CommandError} for an unknown flag, and for a value that is missing or not allowed.
 */
export function parseFlags(args: string[], options: Flags, command: string): ParsedFlags {
  try {
    const words = withValues(args, options);
    const rules = { allowPositionals: true, allowNegative: true };
    return parseArgs({ args: words, options, ...rules }) as ParsedFlags;
  } catch (error) {
    throw new CommandError(`${sentence(error as Error, options, command)} ${hint(command)}`);
  }
}

/** Whether `--help` or `-h` is among the arguments. */
export function requestsHelp(args: string[], flags: Flags): boolean {
  const options: Flags = { ...flags, help: { type: "boolean", short: "h" } };
  return tokensOf(args, options).some((token) => token.kind === "option" && token.name === "help");
}

/** The index of the first argument that is neither a flag nor its value. */
export function firstWord(args: string[], options: Flags): number | undefined {
  return tokensOf(args, options).find(({ kind }) => kind === "positional")?.index;
}

/** The parts of any arguments, whether or not they are flags of a command. */
function tokensOf(args: string[], options: Flags) {
  const words = withValues(args, options);
  const lenient = {
    args: words,
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  } as const;
  try {
    return parseArgs({ ...lenient, allowNegative: true }).tokens;
  } catch {
    // Deno refuses the negation of a flag that takes a value.
    return parseArgs(lenient).tokens;
  }
}

/** The value of `--log` alone. */
export const STANDARD_STREAM = "-";
/** A word that is no module: what follows `--log` and ends so is its file. */
const LOG_FILE = /^-$|\.log$/;

/** Whether `--log` names a file. */
export function isLogFile({ values: { log } }: ParsedFlags): boolean {
  return log !== undefined && log !== STANDARD_STREAM;
}

/**
 * Gives `--log` a value where it has none, which `parseArgs` does not let a flag do without: the next
 * word is its value only where it cannot be the module. As many words as before.
 */
function withValues(args: string[], options: Flags): string[] {
  if (!("log" in options)) return args;
  return args.map((word, at) =>
    word === "--log" && !LOG_FILE.test(args[at + 1] ?? "") ? `--log=${STANDARD_STREAM}` : word
  );
}

/** A sentence about an error of `parseArgs`, whose own message is long. */
function sentence({ message }: Error, options: Flags, command: string): string {
  const [first = ""] = message.split("\n");
  // Bun leaves out the hyphen of a letter.
  const unknown = /^Unknown option '([^']+)'/.exec(first)?.[1]?.replace(/^(?!-)/, "-");
  if (unknown !== undefined) {
    const near = didYouMean(unknown, Object.keys(options).map((name) => `--${name}`));
    return `${unknown} is not a flag of scgi ${command}${near || "."}`;
  }
  const [, flag, wrong] =
    /^Option '(?:-\w, )?(--?[\w-]+)[^']*' (argument is ambig|argument missing|does not take)/.exec(
      first,
    ) ?? [];
  if (wrong === undefined) return `${first}.`;
  if (wrong === "does not take") return `${flag} takes no value.`;
  return `${flag} needs a value${wrong === "argument missing" ? "" : " before the next flag"}.`;
}

/**
 * The value of a flag that is a whole number.
 *
 * @param range The smallest and the greatest valid value.
 * @throws {CommandError} for any other value.
 */
export function wholeNumber(
  name: string,
  value: string | undefined,
  [least, most]: readonly [least: number, most: number] = [0, Number.MAX_SAFE_INTEGER],
): number | undefined {
  if (value === undefined) return undefined;
  const number = /^[0-9]+$/.test(value) ? Number(value) : NaN;
  if (number >= least && number <= most) return number;
  const range = Number.isNaN(number) ? "" : ` from ${least} to ${most}`;
  throw new CommandError(`--${name} must be a whole number${range}, not ${quoted(value)}`);
}

/** A timer of the runtimes cannot wait longer. */
const LONGEST_SECONDS = 2_147_483;

/**
 * The value of a flag that is a number of seconds.
 *
 * @throws {CommandError} for any other value.
 */
export function secondsOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(value) ? Number(value) : 0;
  if (seconds > 0 && seconds < LONGEST_SECONDS) return seconds;
  throw new CommandError(
    `--${name} must be a number of seconds above 0 and below ${LONGEST_SECONDS}, ` +
      `not ${quoted(value)}`,
  );
}

/**
 * The values of a flag that is `NAME=VALUE`, or `NAME` for the environment variable of this name.
 *
 * @throws {CommandError} where the name is empty, or the variable is not set or may not be read.
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
    if (name === "") throw new CommandError(`--${flag} needs a name, as in --${flag} NAME=VALUE`);
    if (value === undefined) {
      throw new CommandError(
        `--${flag} ${name} needs a value: the environment variable ${name} is not set, ` +
          `or may not be read. Set it, or give --${flag} ${name}=VALUE`,
      );
    }
    return [name, value];
  }));
}
