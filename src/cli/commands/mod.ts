/**
 * The commands that there are.
 *
 * @module
 */

import { quoted } from "../../scgi/printable.ts";
import { CommandError, hint } from "../error.ts";
import type { Flags } from "../flags.ts";
import { didYouMean } from "../nearest.ts";
import { FLAGS, run, USAGE } from "./serve.ts";

/** What a command's module has. */
export interface Command {
  /** What `--help` says of it. */
  readonly USAGE: string;
  /** What `--help` says of it alone, where that is more. */
  readonly HELP?: string;
  readonly FLAGS: Flags;
  /** What the words beside the flags can be, where they are no files. */
  readonly WORDS?: readonly string[];
  /** Which words of a command line are the command's, where not all are. */
  own?(args: string[]): string[];
  run(args: string[]): void | Promise<void>;
}

/** Loads each of them. Serve, which has to start soon, is here; of the rest only what is asked for. */
export const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["serve", () => Promise.resolve({ FLAGS, run, USAGE })],
  ["run", () => import("./run.ts")],
  ["fetch", () => import("./fetch.ts")],
  ["gateway", () => import("./gateway.ts")],
  ["config", () => import("./config.ts")],
  ["completion", () => import("./completion.ts")],
] as [string, () => Promise<Command>][]);

/**
 * Loads a command.
 *
 * @throws {CommandError} where there is none of that name.
 */
export function loadCommand(name: string): Promise<Command> {
  const load = COMMANDS.get(name);
  if (load !== undefined) return load();
  const near = didYouMean(name, COMMANDS.keys()) || ".";
  throw new CommandError(`There is no command ${quoted(name)}${near} ${hint()}`);
}
