/**
 * The commands that there are.
 *
 * @module
 */

import { quoted } from "../../scgi/printable.ts";
import { CommandError, hint } from "../error.ts";
import { didYouMean } from "../nearest.ts";
import type { Command, Commands } from "./command.ts";
import { FLAGS, run, USAGE } from "./serve.ts";

/** Loads each of them. Serve, which has to start soon, is here; of the rest only what is asked for. */
export const COMMANDS: Commands = new Map([
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
