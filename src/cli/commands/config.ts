/**
 * `scgi config`: prints a configuration for a web server, or for systemd.
 *
 * @module
 */

import process from "node:process";
import {
  CONFIG_TARGETS,
  type ConfigOptions,
  type ConfigTarget,
  printConfig,
} from "../../config/mod.ts";
import { ScgiError } from "../../errors.ts";
import { quoted } from "../../scgi/printable.ts";
import { CommandError, hint } from "../error.ts";
import { type Flags, kebab, parseFlags } from "../flags.ts";
import { didYouMean } from "../nearest.ts";
import { print } from "../print.ts";
import { programFile } from "../program.ts";

/** What `--help` says of this command. */
export const USAGE = `  scgi config TARGET [FLAG]…
    prints a configuration for nginx, lighttpd, apache, cherokee or systemd
      --listen ADDR           where the app listens, 127.0.0.1:4000 unless given
      --host NAME             name of the site, example.com unless given
      --mount PREFIX          the prefix that the app is under, / unless given
      --static DIR            a folder whose files the web server sends itself
      --send-file DIR         a folder whose files the app may have the web server send
      --auth PATH             nginx: the app's path that is asked before each request
      --group NAME            the web server's group, www-data unless given
      --module FILE           the app's module, /srv/app/app.ts unless given (.js on Node)
      --runtime PROGRAM       systemd: what runs it, what runs this unless given
      --cli FILE              systemd: the file of this command, its own unless given
      --unit socket|service   systemd: one of the two units, both unless given
`;

type Option = keyof ConfigOptions;

const SITE = ["listen", "host", "mount", "static", "sendFile", "group", "module"] as const;

/** What each target has a place for: a flag that would do nothing is refused. */
const OPTIONS: Readonly<Record<ConfigTarget, readonly Option[]>> = {
  nginx: [...SITE, "auth"],
  lighttpd: SITE,
  apache: SITE,
  cherokee: SITE,
  systemd: ["listen", "mount", "group", "module", "runtime", "cli", "unit"],
};

const NAMES = [...new Set(Object.values(OPTIONS).flat())];

/** The flags of this command. */
export const FLAGS: Flags = Object.fromEntries(
  NAMES.map((name) => [kebab(name), { type: "string" as const }]),
);

/** What the words beside the flags can be. */
export const WORDS: readonly string[] = CONFIG_TARGETS;

/** Runs the command. */
export async function run(args: string[]): Promise<void> {
  await print(configText(args));
}

/**
 * What the command prints.
 *
 * @throws {CommandError} for a wrong command line.
 */
export function configText(args: string[]): string {
  const { values, positionals } = parseFlags(args, FLAGS, "config");
  const target = targetOf(positionals);
  const given = NAMES.filter((name) => values[kebab(name)] !== undefined);
  const useless = given.find((name) => !OPTIONS[target].includes(name));
  if (useless !== undefined) {
    throw new CommandError(
      `scgi config ${target} has no use for --${kebab(useless)}. ${hint("config")}`,
    );
  }
  const options = Object.fromEntries(given.map((name) => [name, values[kebab(name)]]));
  try {
    return printConfig(target, { ...itself(target), ...options });
  } catch (error) {
    if (!(error instanceof ScgiError)) throw error;
    // The sentence begins with the name of the option.
    throw new CommandError(error.message.replace(/^\w+(?= is )/, (name) => `--${kebab(name)}`));
  }
}

function targetOf([target, ...more]: string[]): ConfigTarget {
  const targets = CONFIG_TARGETS.join(", ");
  if (target === undefined) {
    throw new CommandError(`scgi config needs one of ${targets}. ${hint("config")}`);
  }
  if (more.length > 0) throw new CommandError(`scgi config takes one target. ${hint("config")}`);
  if (isTarget(target)) return target;
  const near = didYouMean(target, CONFIG_TARGETS);
  throw new CommandError(`scgi config knows ${targets}, and not ${quoted(target)}${near}`);
}

function isTarget(word: string): word is ConfigTarget {
  return (CONFIG_TARGETS as readonly string[]).includes(word);
}

/** A unit runs what runs this, unless told otherwise. */
function itself(target: ConfigTarget): ConfigOptions {
  if (target !== "systemd") return {};
  return {
    runtime: process.execPath,
    cli: programFile("cli"),
  };
}
