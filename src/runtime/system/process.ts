/**
 * The calls of the process that a start needs: on Deno those of `Deno`, because loading `process` takes
 * 8 ms there, more than half of Deno's own start.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { DenoApi } from "../types.ts";
import { withoutInspector } from "./inspector.ts";

/** The process that runs this code. */
export interface OwnProcess {
  /** The arguments after the name of the program. */
  readonly args: string[];
  /** The working directory. */
  cwd(): string;
  /** Ends the process, after calling the listeners of its `exit` event. */
  exit(status: number): never;
  /** Calls a function when the process ends, but not by a signal, nor on Deno by an error. */
  onExit(action: () => void): void;
  /** Calls a function when the process has nothing left to do, before it ends; it may go on. */
  onIdle(action: () => void): void;
  /** Calls a function for each signal, which then neither ends the process nor opens a debugger. */
  onSignal(signal: NodeJS.Signals, action: () => void): void;
  /**
   * Lets Deno end where nothing but a module that cannot finish loading keeps it alive: it takes
   * listeners of signals for something to do. Signals end the process meanwhile.
   */
  checkIdle(): Promise<void>;
  /** Calls a function for each unhandled rejection, which then does not end the process. */
  onRejection(action: (reason: unknown) => void): void;
}

/** The process, by the calls of this runtime. */
export const ownProcess: OwnProcess = deno === undefined ? ofNode() : ofDeno(deno);

/** How long Deno takes at most to find that it has nothing to do, in milliseconds. */
const CHECK_MS = 50;

function ofDeno(native: DenoApi): OwnProcess {
  const listeners: [signal: NodeJS.Signals, action: () => void][] = [];
  return {
    args: native.args,
    cwd: native.cwd,
    exit,
    onExit: (action) => addEventListener("unload", action),
    onIdle: (action) =>
      addEventListener("beforeunload", (event) => {
        // Else it ends before anything that the action begins.
        event.preventDefault();
        action();
      }, { once: true }),
    onSignal(signal, given) {
      const action = signal === "SIGUSR1" ? withoutInspector(given) : given;
      listeners.push([signal, action]);
      native.addSignalListener(signal, action);
    },
    async checkIdle() {
      for (const [signal, action] of listeners) native.removeSignalListener(signal, action);
      // A timer would be something to do; Deno does not see this wait.
      await Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, CHECK_MS).value;
      for (const [signal, action] of listeners) native.addSignalListener(signal, action);
    },
    // An app's listener of the event comes first, and may handle the rejection.
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
    onIdle: (action) => process.once("beforeExit", action),
    onSignal: (signal, action) => process.on(signal, action),
    checkIdle: () => Promise.resolve(),
    onRejection: (action) => process.on("unhandledRejection", action),
  };
}

function exit(status: number): never {
  return globalThis.process.exit(status);
}
