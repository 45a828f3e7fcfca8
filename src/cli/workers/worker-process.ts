/**
 * One worker, as the command sees it: a process that starts, serves, stops, and has a deadline for
 * each of them.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { complain } from "../../report/diagnostics.ts";
import { runtimeArguments } from "../../runtime/system/exec.ts";
import { childDescriptors } from "../../runtime/sockets/child-descriptors.ts";
import { later } from "../deadlines.ts";
import { programFile } from "../program.ts";
import { roleVariable } from "../role.ts";
import type { News } from "./child.ts";

/** The first file descriptor after those of stdio and of the channel between the two processes. */
const FIRST_FD = 4;

/** How workers are started and looked after. Times are in milliseconds; 0 is no limit. */
export interface WorkerPlan {
  /** The words after the command's name, as they were given to this process. */
  readonly args: readonly string[];
  /** The listening sockets. */
  readonly fds: readonly number[];
  /** The process group of the guard; 0 is none. */
  readonly guard: number;
  /** How long a worker may take until it serves. */
  readonly startTimeout: number;
  /** How long the loop of a worker may stand still. */
  readonly workerTimeout: number;
  /** How long a worker may take to stop; 0 is no time. */
  readonly stopTimeout: number;
}

/** One worker. */
export class WorkerProcess {
  /** When the worker was started, in milliseconds. */
  readonly since: number = performance.now();
  /** Resolves to whether the worker serves, once that is known. */
  readonly ready: Promise<boolean>;
  /** Resolves to how the worker ended: a status, a signal, or the reason why it was killed. */
  readonly gone: Promise<string>;
  /** Is called where the listeners of the worker accept no more. */
  onDeaf: () => void = () => {};

  readonly #plan: WorkerPlan;
  readonly #child: ChildProcess | undefined;
  #tellReady!: (serves: boolean) => void;
  #tellGone!: (how: string) => void;
  #state: "starting" | "serving" | "stopping" | "gone" = "starting";
  /** Why the worker was killed. */
  #cause: string | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** How many looks were in vain since the last beat. */
  #missed = 0;

  /** Starts the process. */
  constructor(plan: WorkerPlan) {
    this.#plan = plan;
    this.ready = new Promise((resolve) => this.#tellReady = resolve);
    this.gone = new Promise((resolve) => this.#tellGone = resolve);
    const token = randomUUID();
    try {
      this.#child = start(plan, token)
        .on("error", ({ message }) => this.#ended(message))
        .on("exit", (code, signal) => this.#ended(signal ?? `status ${code}`))
        .on("message", (message: unknown) => {
          // The app has this channel as well, and may send what it likes.
          if (typeof message !== "string" || !message.startsWith(`${token} `)) return;
          this.#hear(message.slice(token.length + 1) as News);
        });
      if (plan.startTimeout > 0) this.#endAfter(plan.startTimeout, "serve");
    } catch (error) {
      // Runtimes throw some of what others tell by an event.
      this.#ended((error as Error).message);
    }
  }

  /** The process id; undefined where the system started no process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Kills the worker where its beats stayed away for too long.
   *
   * @param every The interval of the beats, at which this has to be called.
   */
  look(every: number): void {
    const { workerTimeout } = this.#plan;
    // Looks are counted, and not time: a machine that slept has stopped both processes.
    if (this.#state !== "serving" || ++this.#missed * every <= workerTimeout) return;
    this.#kill(`its loop stood still for ${workerTimeout} ms`);
  }

  /** Lets the worker finish what it has begun, for some time. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#state === "gone") return;
    if (this.#state !== "stopping") {
      this.#state = "stopping";
      this.#endAfter(this.#plan.stopTimeout, "stop", (cause) => {
        complain(`worker ${this.pid} was killed: ${cause}`);
      });
    }
    this.#signal("SIGTERM");
    await this.gone;
  }

  /** Ends the worker at once. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  #hear(news: News): void {
    this.#missed = 0;
    if (news === "deaf" && this.#state === "serving") this.onDeaf();
    if (news !== "ready" || this.#state !== "starting") return;
    clearTimeout(this.#deadline);
    this.#state = "serving";
    this.#tellReady(true);
  }

  #ended(how: string): void {
    clearTimeout(this.#deadline);
    this.#state = "gone";
    this.#tellReady(false);
    this.#tellGone(this.#cause ?? how);
  }

  #endAfter(ms: number, what: string, tell?: (cause: string) => void): void {
    clearTimeout(this.#deadline);
    this.#deadline = later(ms, () => {
      const cause = `it did not ${what} within ${ms} ms`;
      tell?.(cause);
      this.#kill(cause);
    });
  }

  #kill(cause: string): void {
    this.#cause ??= cause;
    this.kill();
  }

  #signal(signal: NodeJS.Signals): void {
    // Deno's kill() does nothing when it was called before.
    if (this.#state === "gone" || this.pid === undefined) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // The process has ended, and the runtime is yet to say so.
    }
  }
}

function start({ args, guard, fds }: WorkerPlan, token: string): ChildProcess {
  const { stdio, numbers } = childDescriptors(fds, FIRST_FD);
  const program = [programFile("cli"), "serve", ...args];
  return spawn(process.execPath, [...runtimeArguments(), ...program], {
    stdio: ["ignore", "inherit", "inherit", "ipc", ...stdio],
    env: { ...process.env, ...roleVariable({ token, guard, fds: numbers }) },
  });
}
