/**
 * Errors that end the command, and how they are reported.
 *
 * @module
 */

import { complain, complainOf } from "../report/diagnostics.ts";
import { asScgiError, isInstance, ScgiError } from "../errors.ts";
import { hidesLocation } from "../runtime/system/differences.ts";
import { aboutFlag } from "./option-name.ts";
import { exit } from "./output.ts";

/** Points to the help after a wrong command line. */
export function hint(command?: string): string {
  const words = ["scgi", ...(command === undefined ? [] : [command]), "--help"];
  return `See \`${words.join(" ")}\``;
}

/** An error that is reported in one line; its cause, if any, follows as the runtime prints it. */
export class CommandError extends Error {
  /** The status that the process exits with: 2 for a wrong command line, else 1. */
  readonly exitStatus: number;

  constructor(message: string, exitStatus = 2, options?: ErrorOptions) {
    super(message, options);
    this.exitStatus = exitStatus;
  }
}

/** Writes an error to stderr: one line for an error of the user's, else also the stack. */
export function reportError(error: unknown): void {
  if (isInstance(error, CommandError) && error.cause !== undefined) {
    complain(`${error.message}:`);
    if (!hidesLocation(error.cause)) complainOf(error.cause, "");
  } else if (isInstance(error, CommandError) || isInstance(error, ScgiError)) {
    const { code } = error as { code?: string };
    complain(code === "OPTION_INVALID" ? aboutFlag(error.message) : error.message);
  } else {
    complainOf(error);
  }
}

/** The status that the process exits with for an error: 2 where a value on the command line is wrong. */
export function statusOf(error: unknown): number {
  if (isInstance(error, CommandError)) return error.exitStatus;
  return /^(?:ADDRESS|OPTION)_INVALID$/.test(asScgiError(error)?.code ?? "") ? 2 : 1;
}

/** Reports an error and ends the process. */
export async function exitWith(error: unknown): Promise<void> {
  reportError(error);
  const cause = isInstance(error, CommandError) ? error.cause : undefined;
  if (!hidesLocation(cause)) await exit(statusOf(error));
  // Uncaught, so that the runtime prints the place of the error.
  setImmediate(() => {
    throw cause;
  });
}
