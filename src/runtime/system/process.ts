/**
 * This process, as far as a start needs it: on Deno by its own calls, because loading `process`
 * there takes 8 ms, more than half of what Deno itself takes to start.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { DenoApi } from "../types.ts";

/** What there is of it. */
export interface OwnProcess {
  /** The words behind the name of the program. */
  readonly args: string[];
  /** The folder that it works in. */
  cwd(): string;
  /** Ends it; listeners of `process` to its exit are called first. */
  exit(status: number): never;
  /** Calls where the process ends, unless it is killed, or on Deno dies of an error. */
  onExit(action: () => void): void;
  /** Calls at each signal, which ends nothing then. */
  onSignal(signal: NodeJS.Signals, action: () => void): void;
  /** Calls for each rejection that nobody handles, which ends nothing then. */
  onRejection(action: (reason: unknown) => void): void;
}

/** This process by the calls of its runtime. */
export const ownProcess: OwnProcess = deno === undefined ? ofNode() : ofDeno(deno);

function ofDeno(native: DenoApi): OwnProcess {
  return {
    args: native.args,
    cwd: native.cwd,
    exit,
    onExit: (action) => addEventListener("unload", action),
    onSignal: native.addSignalListener,
    // An app can take care of it by the event, before Deno tells those who listen to `process`.
    onRejection: (action) =>
      addEventListener(
        "unhandledrejection",
        () => globalThis.process.prependListener("unhandledRejection", action),
        { once: true },
      ),
  };
}

function ofNode(): OwnProcess {
  const { process } = globalThis;
  return {
    args: process.argv.slice(2),
    cwd: process.cwd,
    exit,
    onExit: (action) => process.on("exit", action),
    onSignal: (signal, action) => process.on(signal, action),
    onRejection: (action) => process.on("unhandledRejection", action),
  };
}

function exit(status: number): never {
  return globalThis.process.exit(status);
}
