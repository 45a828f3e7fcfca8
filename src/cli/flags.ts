/**
 * Flags of the command: every option of `serve()` that is a plain value is one, in kebab-case.
 *
 * @module
 */

import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { DEFAULT_LIMITS, type Limits, type ServeOptions } from "../options.ts";
import { CommandError, HINT } from "./error.ts";

/** What flags there are, for `parseArgs`. */
export type Flags = NonNullable<ParseArgsConfig["options"]>;

/** Flags and their values, and the words between them. */
export interface ParsedFlags {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  positionals: string[];
}

const LIMITS = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];

/** The flags of `serve()`. */
export const SERVE_FLAGS: Flags = {
  listen: { type: "string", multiple: true },
  hostname: { type: "string" },
  port: { type: "string" },
  unix: { type: "string" },
  fd: { type: "string" },
  mode: { type: "string" },
  group: { type: "string" },
  "reuse-port": { type: "boolean" },
  allow: { type: "string", multiple: true },
  binding: { type: "string", multiple: true },
  "url-from": { type: "string" },
  "strip-prefix": { type: "string" },
  "record-responses": { type: "boolean" },
  log: { type: "boolean" },
  ...Object.fromEntries(LIMITS.map((name) => [kebab(name), { type: "string" as const }])),
};

/**
 * Reads a command line.
 *
 * @throws {CommandError} for a flag that there is not.
 */
export function parseFlags(args: string[], options: Flags): ParsedFlags {
  try {
    return parseArgs({ args, options, allowPositionals: true, allowNegative: true }) as ParsedFlags;
  } catch (error) {
    throw new CommandError(`${(error as Error).message.split("\n")[0]}. ${HINT}`);
  }
}

/**
 * The options that flags give.
 *
 * @throws {CommandError} for a value that cannot be.
 */
export function toServeOptions({ values }: ParsedFlags): ServeOptions {
  const text = (name: string) => values[name] as string | undefined;
  const texts = (name: string) => values[name] as string[] | undefined;
  const options: ServeOptions = {
    listen: texts("listen"),
    hostname: text("hostname"),
    port: wholeNumber("port", text("port")),
    unix: text("unix"),
    fd: wholeNumber("fd", text("fd")),
    mode: mode(text("mode")),
    group: text("group"),
    reusePort: values["reuse-port"] as boolean | undefined,
    allow: texts("allow"),
    bindings: assignments("binding", texts("binding")),
    urlFrom: text("url-from") as ServeOptions["urlFrom"],
    stripPrefix: text("strip-prefix") === "true" ? true : text("strip-prefix"),
    recordResponses: values["record-responses"] as boolean | undefined,
    log: values.log === true ? (line) => console.log(line) : undefined,
  };
  for (const name of LIMITS) {
    const limit = wholeNumber(kebab(name), text(kebab(name)));
    if (limit !== undefined) options[name] = limit;
  }
  return options;
}

function kebab(name: string): string {
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
    throw new CommandError(`--${name} is ${JSON.stringify(value)}, and no whole number`);
  }
  return Number(value);
}

function mode(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^0?[0-7]{3}$/.test(value)) {
    throw new CommandError(`--mode is ${JSON.stringify(value)}, and no mode such as 660`);
  }
  return parseInt(value, 8);
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
    const value = at < 0 ? process.env[name] : pair.slice(at + 1);
    if (name === "") throw new CommandError(`--${flag} ${pair} has no name`);
    if (value === undefined) {
      throw new CommandError(`--${flag} ${name} has no value, and the environment has none either`);
    }
    return [name, value];
  }));
}
