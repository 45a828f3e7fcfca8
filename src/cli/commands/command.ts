/**
 * The interface of a command's module.
 *
 * @module
 */

import type { Flags } from "../flags.ts";

/** One command. */
export interface Command {
  /** Its part of `scgi --help`. */
  readonly USAGE: string;
  /** The text of its own `--help`, where that has more. */
  readonly HELP?: string;
  readonly FLAGS: Flags;
  /** The words that can stand beside the flags, where they are no files. */
  readonly WORDS?: readonly string[];
  /** The words of a command line that are the command's, where not all are. */
  own?(args: string[]): string[];
  run(args: string[], commands: Commands): void | Promise<void>;
}

/** Commands by name, each loaded when it is asked for. */
export type Commands = ReadonlyMap<string, () => Promise<Command>>;
