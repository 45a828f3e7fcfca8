/** What is asked of the command lines in the documents: that they are right, whether run or not. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import published from "../../../deno.json" with { type: "json" };
import manifest from "../../../package.json" with { type: "json" };
import { COMMANDS } from "../../../src/cli/commands/mod.ts";
import { configText } from "../../../src/cli/commands/config.ts";
import type { Flags } from "../../../src/cli/flags.ts";
import { root } from "./blocks.ts";
import type { Command } from "./shell.ts";

export const CLI = "src/cli.ts";

/** Programs that are somebody else's. */
const OTHERS = new Set([
  ..."a2enmod a2ensite apachectl apt cherokee cp curl echo git grep install lighttpd nginx openssl"
    .split(
      " ",
    ),
  ..."node rtorrent sed sh sleep systemctl tee uwsgi".split(" "),
]);

/** npm's own words; `start` and `test` are scripts. */
const NPM = new Set(["install", "ci", "pack", "publish", "view"]);
const DENO = new Set(["add", "fmt", "install", "lint", "publish", "serve", "test"]);

/** The flags of each of our commands, with whether a value follows. */
const flags: Record<string, Map<string, boolean>> = {};
for (const [name, load] of COMMANDS) flags[name] = forms((await load()).FLAGS);

function forms(known: Flags): Map<string, boolean> {
  const own = Object.entries(known).flatMap(([name, { type, short }]) =>
    [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]
      .map((flag) => [flag, type === "string"] as const)
  );
  return new Map([...own, ["--help", false]]);
}

/** A command line of ours, taken apart. */
export interface Ours {
  /** What runs it; nothing is said where it is `scgi` alone. */
  runtime: "bun" | "deno" | undefined;
  /** The runtime's own words. */
  permissions: string[];
  name: string;
  args: string[];
}

/** The command line where it is one of ours. */
export function ours({ words }: Command): Ours | undefined {
  const [program, ...rest] = words;
  if (program === "scgi") return toOurs(undefined, [], rest);
  const installed = program === "npx" && rest[0] === "scgi" ||
    program === "node" && rest[0] === "dist/cli.js";
  if (installed) return toOurs(undefined, [], rest.slice(1));
  if (program === "bun" && rest[0] === CLI) return toOurs("bun", [], rest.slice(1));
  if (program !== "deno" || rest[0] !== "run") return undefined;
  const at = rest.indexOf(CLI);
  // A file that is preloaded is not the program.
  return at < 0 ? undefined : toOurs("deno", rest.slice(1, at), rest.slice(at + 1));
}

function toOurs(runtime: Ours["runtime"], permissions: string[], args: string[]): Ours {
  return { runtime, permissions, name: args[0] ?? "", args: args.slice(1) };
}

/** What is wrong with a command; nothing where all is right. */
export function faultOf(command: Command): string | undefined {
  const mine = ours(command);
  if (mine !== undefined) return faultOfOurs(mine);
  const [program, ...args] = command.words;
  // Whatever the reader wants there.
  if (args[0] === "…") return undefined;
  switch (program) {
    case "npm":
    case "bun":
      return faultOfScript(program, args);
    case "npx":
      return args[0] === "bun" || args[0] === "deno"
        ? faultOf({ ...command, words: args })
        : `npx ${args[0]} is not known`;
    case "deno":
      if (args[0] === "task") return faultOfName(args[1]!, published.tasks, "a task");
      if (args[0] === "run") return faultOfFile(args.filter((word) => !word.startsWith("-")).at(1));
      return DENO.has(args[0]!) ? undefined : `deno ${args[0]} is not known`;
  }
  return OTHERS.has(program!) ? undefined : `${program} is not known`;
}

function faultOfScript(program: string, [name = "", ...rest]: string[]): string | undefined {
  if (name === "run") return faultOfName(rest[0]!, manifest.scripts, "a script");
  if (program === "npm") {
    return NPM.has(name) ? faultOfTarball(rest) : faultOfName(name, manifest.scripts, "a script") ??
      faultOfFile(rest.find((word) => word.includes("/")));
  }
  if (name === "add" || name === "install") return faultOfTarball(rest);
  const words = name === "test" ? rest : [name];
  return words.map((word) => faultOfFile(/\.ts$|\//.test(word) ? word : undefined))
    .find((fault) => fault !== undefined);
}

function faultOfOurs({ name, args }: Ours): string | undefined {
  if (["", "--version", "--help"].includes(name)) return undefined;
  const known = flags[name];
  if (known === undefined) return `there is no command ${name}`;
  const at = positionalAt(args, known);
  // What follows FILE is the script's.
  for (const word of name === "run" ? args.slice(0, at) : args) {
    if (!/^--?[a-zA-Z]/.test(word)) continue;
    const [flag] = word.replace(/^--no-(?=\w)/, "--").split("=");
    if (!known.has(flag!) && !known.has(word)) return `scgi ${name} has no ${word}`;
  }
  if (name === "config") configText(args);
  return name === "serve" || name === "run" ? faultOfFile(args[at]) : undefined;
}

/** Where the first word is that belongs to no flag. */
function positionalAt(args: string[], known: Map<string, boolean>): number {
  return args.findIndex((word, at) => {
    const before = args[at - 1];
    return !word.startsWith("-") && !(before !== undefined && known.get(before) === true);
  });
}

/** The package of the clone has its version in its name. */
function faultOfTarball(words: string[]): string | undefined {
  const named = words.find((word) => word.endsWith(".tgz"));
  const packed = `scgi-${manifest.version}.tgz`;
  return named === undefined || named.endsWith(`/${packed}`)
    ? undefined
    : `${named} is not ${packed}`;
}

/** Names with no folder, and whole paths, are somebody's own, and so is where the package is installed. */
function faultOfFile(file: string | undefined): string | undefined {
  if (file === undefined || !/^[^/].*\//.test(file) || file.startsWith("node_modules/")) {
    return undefined;
  }
  // The clone, beside somebody's own project.
  return existsSync(join(root, file.replace(/^\.\.\/scgi\//, "")))
    ? undefined
    : `there is no file ${file}`;
}

function faultOfName(name: string, names: object, what: string): string | undefined {
  return Object.hasOwn(names, name) ? undefined : `${name} is not ${what}`;
}

/** What is wrong with lines that show a command's form: flags that it does not have. */
export function faultOfForm(line: string): string | undefined {
  const [, name = ""] = /^scgi (\S+)/.exec(line) ?? [];
  if (name === "--version" || name === "--help") return undefined;
  const known = flags[name];
  if (known === undefined) return `there is no command ${line}`;
  const named = line.match(/(?<=[\s[])--?[a-zA-Z][a-z-]*/g) ?? [];
  const unknown = named.filter((flag) => !known.has(flag));
  return unknown.length > 0 ? `scgi ${name} has no ${unknown.join(", ")}` : undefined;
}
