/**
 * What ends the command with one line.
 *
 * @module
 */

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
