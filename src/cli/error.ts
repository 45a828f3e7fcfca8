/**
 * What ends the command with one line.
 *
 * @module
 */

import process from "node:process";
import { ScgiError } from "../errors.ts";

/** Where to look after a wrong command line. */
export const HINT = "Run `scgi --help` for what there is";

/** An error that is told in one line. */
export class CommandError extends Error {
  /** The status that the process exits with: 2 for a wrong command line, else 1. */
  readonly exitStatus: number;

  /** Makes an error of a sentence. */
  constructor(message: string, exitStatus = 2) {
    super(message);
    this.exitStatus = exitStatus;
  }
}

/** Ends the process: with one line for what is the user's to mend, else with all there is to say. */
export function exitWith(error: unknown): never {
  const known = error instanceof CommandError || error instanceof ScgiError;
  if (known) console.error(`scgi: ${error.message}`);
  else console.error("scgi:", error);
  process.exit(error instanceof CommandError ? error.exitStatus : 1);
}
