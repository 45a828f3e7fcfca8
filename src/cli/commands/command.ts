/**
 * The interface of a command's module.
 *
 * @module
 */

import type { Flags } from "../flags.ts";

export interface Command {
  /** The command's part of `scgi --help`. */
  readonly USAGE: string;
  /** The text of the command's own `--help`, where it differs from `USAGE`. */
  readonly HELP?: string;
  readonly FLAGS: Flags;
  /** The arguments beside the flags, where they are a fixed set and not files. */
  readonly WORDS?: readonly string[];
  /** The arguments without those that the command passes to a script. */
  ownArguments?(args: string[]): string[];
  run(args: string[], commands: Commands): void | Promise<void>;
}

/** Commands by name, each loaded on demand. */
export type Commands = ReadonlyMap<string, () => Promise<Command>>;
