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
import { type Flags, parseFlags, wholeNumber } from "../flags.ts";
import { didYouMean } from "../nearest.ts";
import { aboutFlag, kebab } from "../option-name.ts";
import { print } from "../print.ts";
import { programFile } from "../program.ts";

/** The help of this command. */
export const USAGE = `  scgi config TARGET [FLAG]…
    prints a configuration for nginx, lighttpd, apache, cherokee or systemd
      --listen ADDR           address of the app (default 127.0.0.1:4000)
      --name NAME             name of the app, for all that differs between the apps of one
                              web server: upstreams, maps, units (default app)
      --host NAME             host name of the site (default example.com)
      --port N                port of the site (default 80)
      --site                  nginx, lighttpd: prints a site for the web server's own
                              configuration, not a whole one; apache always does
      --location              nginx, apache: prints what --mount needs inside a printed site,
                              for a further app of the same host
      --mount PREFIX          path prefix of the app (default /)
      --static DIR            folder with files that the web server sends without the app
      --send-file DIR         folder with files that the web server sends for the app
      --auth PATH             nginx: path of the app that allows or denies each request
      --buffer-uploads        nginx: sends the app an upload once all of it is there
                              (default: while it arrives)
      --connections N         most requests at a time (default 4096)
      --group NAME            group of the web server (default www-data)
      --module FILE           module of the app (default /srv/NAME/app.ts; on Node app.js)
      --runtime PROGRAM       systemd: path of bun, deno or node (default: of this process)
      --cli FILE              systemd: path of this command's file (default: of this process)
      --workers N             systemd: serves with N processes, and reloads
      --unit socket|service   systemd: prints one unit (default: both)
`;

type Option = keyof ConfigOptions;

const SITE = [
  ...["listen", "name", "host", "port", "mount", "static", "sendFile"] as const,
  ...["connections", "group", "module"] as const,
] as const;

/** The options that are on or off. */
const SWITCHES: readonly Option[] = ["site", "location", "bufferUploads"];

/** The options that have an effect on each target; other flags are refused. */
const OPTIONS: Readonly<Record<ConfigTarget, readonly Option[]>> = {
  nginx: [...SITE, "site", "location", "auth", "bufferUploads"],
  lighttpd: [...SITE, "site"],
  apache: [...SITE, "site", "location"],
  cherokee: SITE,
  systemd: [
    ...["listen", "name", "mount", "connections", "group", "module"] as const,
    ...["runtime", "cli", "workers", "unit"] as const,
  ],
};

const NAMES = [...new Set(Object.values(OPTIONS).flat())];

/** The flags of this command. */
export const FLAGS: Flags = Object.fromEntries(
  NAMES.map((name) => [kebab(name), { type: SWITCHES.includes(name) ? "boolean" : "string" }]),
);

/** The targets. */
export const WORDS: readonly string[] = CONFIG_TARGETS;

/** Runs the command. */
export async function run(args: string[]): Promise<void> {
  await print(configText(args));
}

/**
 * The configuration that the command prints.
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
      `--${kebab(useless)} does not apply to scgi config ${target}. ${hint("config")}`,
    );
  }
  const options = Object.fromEntries(given.map((name) => [name, values[kebab(name)]]));
  const [connections, port, workers] = ["connections", "port", "workers"].map((name) =>
    wholeNumber(name, values[name] as string | undefined)
  );
  try {
    return printConfig(target, {
      ...ofThisProcess(target),
      ...options,
      connections,
      port,
      workers,
    });
  } catch (error) {
    if (!(error instanceof ScgiError)) throw error;
    // The only address among the options.
    throw new CommandError(aboutFlag(error.message.replace(/^The address/, "--listen")));
  }
}

function targetOf([target, ...more]: string[]): ConfigTarget {
  const targets = CONFIG_TARGETS.join(", ");
  if (target === undefined) {
    throw new CommandError(`scgi config needs a target: ${targets}. ${hint("config")}`);
  }
  if (more.length > 0) throw new CommandError(`scgi config takes one target. ${hint("config")}`);
  if (isTarget(target)) return target;
  const near = didYouMean(target, CONFIG_TARGETS);
  throw new CommandError(`The target must be one of ${targets}, not ${quoted(target)}${near}`);
}

function isTarget(word: string): word is ConfigTarget {
  return (CONFIG_TARGETS as readonly string[]).includes(word);
}

/** For a unit, the runtime and the command of this process. */
function ofThisProcess(target: ConfigTarget): ConfigOptions {
  if (target !== "systemd") return {};
  return {
    runtime: process.execPath,
    cli: programFile("cli"),
  };
}
