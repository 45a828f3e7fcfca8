/**
 * This process, as far as a start needs it: on Deno by its own calls, because loading `process`
 * there takes 6 ms, a quarter of what Deno itself takes to start.
 *
 * @module
 */

/** What there is of it. */
export interface OwnProcess {
  /** The words behind the name of the program. */
  readonly args: string[];
  /** The folder that it works in. */
  cwd(): string;
  /** Ends it, once those who listen for that as in Node were called. */
  exit(status: number): never;
  /** Calls where the process ends, unless it is killed. */
  onExit(action: () => void): void;
  /** Calls at each signal, which ends nothing then. */
  onSignal(signal: NodeJS.Signals, action: () => void): void;
  /** Calls for each rejection that nobody handles, which ends nothing then. */
  onRejection(action: (reason: unknown) => void): void;
}

/** The part of Deno that is used; this package needs no runtime's types. */
interface Native {
  readonly args: string[];
  cwd(): string;
  addSignalListener(signal: NodeJS.Signals, action: () => void): void;
}

interface Rejection extends Event {
  readonly reason: unknown;
  readonly promise: Promise<unknown>;
}

const { Deno } = globalThis as { Deno?: Native };

/** This process by the calls of its runtime. */
export const ownProcess: OwnProcess = Deno === undefined ? ofNode() : ofDeno(Deno);

function ofDeno(native: Native): OwnProcess {
  return {
    args: native.args,
    cwd: native.cwd,
    exit,
    onExit: (action) => addEventListener("unload", action),
    onSignal: native.addSignalListener,
    onRejection: (action) =>
      addEventListener("unhandledrejection", (event) => {
        const { reason, promise } = event as Rejection;
        event.preventDefault();
        action(reason);
        // Deno tells those who listen as in Node only of what nobody has prevented.
        globalThis.process.emit("unhandledRejection", reason, promise);
      }),
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
