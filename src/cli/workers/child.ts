/**
 * The tie of a worker to its parent, the command that started it: the worker ends with the parent,
 * and tells the parent how it is.
 *
 * @module
 */

import { setInterval } from "node:timers";
import { ownProcess } from "../../runtime/system/process.ts";
import { exit } from "../output.ts";
import type { Role } from "../role.ts";
import type { Pulse } from "./pulse.ts";

/** The messages of a worker, each behind its token. */
export type News = "ready" | "beat" | "deaf";

/** How often a worker looks whether its parent is there, where the channel does not tell. */
const LOOK_MS = 1000;

/** The command that started this worker. */
export class Parent {
  readonly #token: string;
  readonly #pid: number = globalThis.process.ppid;
  readonly #send: NonNullable<NodeJS.Process["send"]>;
  /** Ends this worker when its parent has gone: at once, as long as the app is loaded. */
  #end: () => void = () => ownProcess.exit(1);

  /** Takes the channel to the parent, before the app is loaded. */
  constructor({ token, guard }: Role) {
    const { process } = globalThis;
    this.#token = token;
    this.#send = process.send!.bind(process);
    // An app that closes the channel after its own messages would cut this worker off. The runtimes
    // call this as well, when the other side is gone.
    const disconnect = process.disconnect!.bind(process);
    process.disconnect = () => {
      if (this.#gone) disconnect();
    };
    process.on("disconnect", () => this.#end());
    setInterval(() => {
      if (!this.#gone) return;
      if (guard > 0) askForTime(guard);
      this.#end();
    }, LOOK_MS).unref();
  }

  get #gone(): boolean {
    return globalThis.process.ppid !== this.#pid;
  }

  /**
   * Stops at SIGTERM, and when the parent has gone. Signals of a terminal are for the parent.
   *
   * @param stop Finishes what is under way.
   */
  obey(stop: () => Promise<void>): void {
    let stopping = false;
    this.#end = async () => {
      if (stopping) return;
      stopping = true;
      await stop();
      await exit(0);
    };
    ownProcess.onSignal("SIGTERM", () => this.#end());
    ownProcess.onSignal("SIGINT", () => {});
    ownProcess.onSignal("SIGHUP", () => {});
  }

  /** Tells that this worker serves. */
  tellReady(): void {
    this.#tell("ready");
  }

  /** Tells from now on that the loop turns, and whether the listeners accept. */
  beat({ every, deaf }: Pulse): void {
    setInterval(() => this.#tell(deaf() ? "deaf" : "beat"), every).unref();
  }

  #tell(news: News): void {
    try {
      // An error that no callback takes would be one of the process.
      this.#send(`${this.#token} ${news}`, undefined, undefined, () => {});
    } catch {
      // The channel is closed: the parent has gone.
    }
  }
}

/** Lets the guard of orphans wait a little longer: a process whose loop turns ends by itself. */
function askForTime(guard: number): void {
  try {
    globalThis.process.kill(-guard, "SIGUSR1");
  } catch {
    // The guard was ended.
  }
}
