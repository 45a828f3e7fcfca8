/**
 * What ends the command with one line.
 *
 * @module
 */

import { complain, complainOf } from "../report/diagnostics.ts";
import { isInstance, ScgiError } from "../errors.ts";
import { hidesLocation } from "../runtime/system/differences.ts";
import { exit } from "./output.ts";

/** Where to look after a wrong command line. */
export function hint(command?: string): string {
  const words = ["scgi", ...(command === undefined ? [] : [command]), "--help"];
  return `Run \`${words.join(" ")}\` for what there is`;
}

/** An error that is told in one line, or in one before what the runtime says of its cause. */
export class CommandError extends Error {
  /** The status that the process exits with: 2 for a wrong command line, else 1. */
  readonly exitStatus: number;

  /** Makes an error of a sentence. */
  constructor(message: string, exitStatus = 2, options?: ErrorOptions) {
    super(message, options);
    this.exitStatus = exitStatus;
  }
}

/** Says what is wrong: in one line what is the user's to mend, else all there is to say. */
export function tell(error: unknown): void {
  if (isInstance(error, CommandError) && error.cause !== undefined) {
    complain(`${error.message}:`);
    if (!hidesLocation(error.cause)) complainOf(error.cause, "");
  } else if (isInstance(error, CommandError) || isInstance(error, ScgiError)) {
    complain(error.message);
  } else {
    complainOf(error);
  }
}

/** Ends the process, after it has said why. */
export async function exitWith(error: unknown): Promise<void> {
  tell(error);
  const { cause = undefined, exitStatus = 1 } = isInstance(error, CommandError) ? error : {};
  if (!hidesLocation(cause)) await exit(exitStatus);
  // So nobody catches it.
  setImmediate(() => {
    throw cause;
  });
}
