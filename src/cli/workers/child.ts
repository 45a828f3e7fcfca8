/**
 * The connection of a worker to its parent, the command that started it: the worker ends with the
 * parent, and sends it messages about its state.
 *
 * @module
 */

import type { ServerStats } from "../../server/statistics.ts";
import { ownProcess } from "../../runtime/system/process.ts";
import { printableLine } from "../../scgi/printable.ts";
import { exit } from "../output.ts";
import type { Role } from "../role.ts";
import type { Pulse } from "./pulse.ts";
import { every } from "../../runtime/system/timers.ts";

/** The messages of a worker, each sent after its token. */
export type WorkerMessage =
  | "ready"
  | "beat"
  | "deaf"
  | `worn ${string}`
  | `tight ${number}`
  | `${typeof FAILED}${string}`;

/**
 * Makes a worker open its log again. It does nothing to a worker that does not listen yet, which has
 * its log still to open; SIGUSR1 would end it, or open a debugger.
 */
export const REOPEN = "SIGURG";

/** The beginning of the message why a worker cannot serve. */
export const FAILED = "failed: ";
/** Begins a message with the figures of the server, as JSON. */
export const STATS = "stats ";

/** How often a worker checks that its parent runs, in case the channel does not report its end. */
const CHECK_MS = 1000;

/** The manner of a stop: at once, after a reload, or because it is worn. */
export type WorkerStop = "stop" | "keep upgraded" | "retire";

/** The command that started this worker. */
export class Parent {
  readonly #token: string;
  readonly #pid: number = globalThis.process.ppid;
  readonly #reopen: () => void;
  readonly #send: NonNullable<NodeJS.Process["send"]>;
  /** Ends this worker when its parent has ended: at once, until {@linkcode onStop} is called. */
  #end: () => void = () => ownProcess.exit(1);
  #worn = false;

  /**
   * Takes over the channel to the parent; must precede the loading of the app. SIGINT, SIGQUIT and
   * SIGHUP, which a terminal sends to all processes, are left to the parent.
   *
   * @param reopen Opens the log again.
   */
  constructor({ token, guard }: Role, reopen: () => void = () => {}) {
    const { process } = globalThis;
    this.#token = token;
    this.#send = process.send!.bind(process);
    // Keeps the channel open when the app closes it. The runtimes call this as well, when the
    // parent has ended.
    const disconnect = process.disconnect!.bind(process);
    process.disconnect = () => {
      if (this.#ended) disconnect();
    };
    process.on("disconnect", () => this.#end());
    this.#reopen = reopen;
    for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP"] as const) {
      ownProcess.onSignal(signal, () => {});
    }
    for (const signal of [REOPEN, "SIGUSR1"] as const) ownProcess.onSignal(signal, reopen);
    // A module that never finishes loading is found where nothing keeps the process alive.
    process.channel?.unref();
    every(CHECK_MS, () => {
      if (!this.#ended) return;
      if (guard > 0) askForTime(guard);
      this.#end();
    });
  }

  get #ended(): boolean {
    return globalThis.process.ppid !== this.#pid;
  }

  /**
   * Stops this worker on SIGTERM, and when the parent has ended; on SIGUSR2, after a reload, it keeps its
   * upgraded connections as long as it may, and the log may have been renamed. SIGUSR2 after
   * {@linkcode tellWorn} retires it: it waits for its requests without a limit.
   *
   * @param stop Resolves when the requests under way have ended. It may be called again.
   */
  onStop(stop: (how: WorkerStop) => Promise<void>): void {
    let stopping = false, closing = false;
    const begin = async (how: WorkerStop): Promise<void> => {
      if (closing || stopping && how !== "stop") return;
      const again = stopping;
      stopping = true;
      closing = how === "stop";
      await stop(how);
      if (!again) await exit(0);
    };
    this.#end = () => void begin("stop");
    ownProcess.onSignal("SIGUSR2", () => {
      this.#reopen();
      void begin(this.#worn ? "retire" : "keep upgraded");
    });
    ownProcess.onSignal("SIGTERM", () => this.#end());
  }

  /** Tells the parent that this worker serves. */
  tellReady(): void {
    this.#tell("ready");
  }

  /** Asks the parent for a replacement, and says why. */
  tellWorn(what: string): void {
    this.#worn = true;
    this.#tell(`worn ${what}`);
  }

  /** Tells the parent that `--max-memory` is too little even for the start. */
  tellTight(mebibytes: number): void {
    this.#tell(`tight ${mebibytes}`);
  }

  /** Tells the parent why this worker cannot serve, and throws the error when that was sent. */
  async fail(error: unknown): Promise<never> {
    const reason = printableLine(messageOf(error));
    await new Promise<void>((resolve) => this.#tell(`${FAILED}${reason}`, resolve));
    throw error;
  }

  /** Starts the beats: each says that the event loop turns, and whether the listeners accept. */
  beat({ every: ms, deaf }: Pulse): void {
    every(ms, () => this.#tell(deaf() ? "deaf" : "beat"));
  }

  /** Sends the figures of the server. */
  tellStats(stats: ServerStats): void {
    this.#tell(`${STATS}${JSON.stringify(stats)}`);
  }

  #tell(
    message: WorkerMessage | `${typeof STATS}${string}`,
    sent: () => void = () => {},
  ): void {
    try {
      // Without the callback, an error would be one of the process.
      this.#send(`${this.#token} ${message}`, undefined, undefined, sent);
    } catch {
      // The channel is closed: the parent has ended.
      sent();
    }
  }
}

/** The message of an error, and of its cause, which says what is wrong with a module. */
function messageOf(error: unknown): string {
  const { message, cause } = Object(error) as Partial<Error>;
  const why = (Object(cause) as Partial<Error>).message ?? cause;
  return why === undefined ? `${message ?? error}` : `${message}: ${why}`;
}

/** Makes the orphan guard wait longer: a process whose event loop turns will end by itself. */
function askForTime(guard: number): void {
  try {
    globalThis.process.kill(-guard, "SIGUSR1");
  } catch {
    // The guard was ended.
  }
}
