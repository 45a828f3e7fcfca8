/**
 * All commands.
 *
 * @module
 */

import { quoted } from "../../scgi/printable.ts";
import { CommandError, hint } from "../error.ts";
import { didYouMean } from "../nearest.ts";
import type { Command, Commands } from "./command.ts";
import { FLAGS, run, USAGE } from "./serve.ts";

/** The commands. That of `scgi serve`, which has to start fast, is loaded in advance. */
export const COMMANDS: Commands = new Map([
  ["serve", () => Promise.resolve({ FLAGS, run, USAGE })],
  ["run", () => import("./run.ts")],
  ["fetch", () => import("./fetch.ts")],
  ["gateway", () => import("./gateway.ts")],
  ["status", () => import("./status.ts")],
  ["config", () => import("./config.ts")],
  ["check", () => import("./check.ts")],
  ["completion", () => import("./completion.ts")],
] as [string, () => Promise<Command>][]);

/**
 * Loads a command.
 *
 * @throws {CommandError} for an unknown name.
 */
export function loadCommand(name: string): Promise<Command> {
  const load = COMMANDS.get(name);
  if (load !== undefined) return load();
  const near = didYouMean(name, COMMANDS.keys()) || ".";
  throw new CommandError(`${quoted(name)} is not a command of scgi${near} ${hint()}`);
}
