/**
 * One worker of the command: a process that starts, serves and stops, with a deadline for each.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { complain } from "../../report/diagnostics.ts";
import { runtimeArguments } from "../../runtime/system/exec.ts";
import { childDescriptors } from "../../runtime/sockets/child-descriptors.ts";
import { later } from "../../transport/later.ts";
import { programFile } from "../program.ts";
import { roleVariable } from "../role.ts";
import { FAILED, REOPEN, STATS, type WorkerMessage } from "./child.ts";

/** The first file descriptor after those of stdio and of the channel to the command. */
const FIRST_FD = 4;

/** How workers are started and supervised. Times are in milliseconds; 0 is no limit. */
export interface WorkerPlan {
  /** Writes a status line. */
  readonly say: (line: string) => void;
  /** The arguments of `scgi serve`. */
  readonly args: readonly string[];
  /** The listening sockets. */
  readonly fds: readonly number[];
  /** The process group of the orphan guard; 0 where none runs. */
  readonly guard: number;
  /** The time limit for the start of a worker. */
  readonly startTimeout: number;
  /** How long the event loop of a worker may be blocked. */
  readonly workerTimeout: number;
  /** The time limit for the stop of a worker; 0 kills it at once. */
  readonly stopTimeout: number;
}

export class WorkerProcess {
  /** When the worker was started, in milliseconds. */
  readonly since: number = performance.now();
  /** Resolves to true when the worker serves, and to false when it ends before. */
  readonly ready: Promise<boolean>;
  /** Resolves to how the worker ended: a status, a signal, or the reason why it was killed. */
  readonly ended: Promise<string>;
  /** Why the worker could not serve, as it says itself. */
  failure: string | undefined;
  /** Is called when the listeners of the worker accept no more connections. */
  onDeaf: () => void = () => {};
  /** Is called with the figures of the worker's server, as JSON. */
  onStats: (text: string) => void = () => {};
  /** Is called when the worker asks for a replacement, with the reason. */
  onWorn: (why: string) => void = () => {};
  /** Is called when the worker holds more than `--max-memory` from its start, with its MiB. */
  onTight: (mebibytes: string) => void = () => {};

  readonly #plan: WorkerPlan;
  readonly #child: ChildProcess | undefined;
  #settleReady!: (serves: boolean) => void;
  #settleEnded!: (how: string) => void;
  #state: "starting" | "serving" | "stopping" | "ended" = "starting";
  /** Why the worker was killed. */
  #cause: string | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** Whether it has a deadline for its stop. */
  #stopped = false;
  /** Whether it has asked for a replacement. */
  #worn = false;
  /** How many checks have found no new beat since the last one. */
  #missed = 0;

  /** Starts the process. */
  constructor(plan: WorkerPlan) {
    this.#plan = plan;
    this.ready = new Promise((resolve) => this.#settleReady = resolve);
    this.ended = new Promise((resolve) => this.#settleEnded = resolve);
    const token = randomUUID();
    try {
      this.#child = start(plan, token)
        .on("error", ({ message }) => this.#end(message))
        .on("exit", (code, signal) => this.#end(signal ?? `status ${code}`))
        .on("message", (message: unknown) => {
          // The app may send messages of its own on this channel.
          if (typeof message !== "string" || !message.startsWith(`${token} `)) return;
          const text = message.slice(token.length + 1);
          if (text.startsWith(STATS)) this.onStats(text.slice(STATS.length));
          else this.#receive(text as WorkerMessage);
        });
      if (plan.startTimeout > 0) this.#killAfter(plan.startTimeout, "serve");
    } catch (error) {
      // Some runtimes throw an error that others report by the event.
      this.#end((error as Error).message);
    }
  }

  /** The process id; undefined where the process could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get state(): "starting" | "serving" | "stopping" | "ended" {
    return this.#state;
  }

  /**
   * Kills the worker after `workerTimeout` without a beat.
   *
   * @param every The interval of the beats, at which this must be called.
   */
  checkBeat(every: number): void {
    const { workerTimeout } = this.#plan;
    // Counts checks instead of time: while the machine sleeps, both processes stand still.
    if (this.#state !== "serving" || ++this.#missed * every <= workerTimeout) return;
    this.#kill(`its event loop was blocked for ${workerTimeout} ms`);
  }

  /**
   * Stops the worker, and kills it after `stopTimeout`. Resolves when the process has ended.
   *
   * @param signal SIGUSR2 lets it keep its upgraded connections as long as it may.
   */
  async stop(signal: "SIGTERM" | "SIGUSR2" = "SIGTERM"): Promise<void> {
    if (this.#state === "ended") return;
    this.#state = "stopping";
    if (!this.#stopped) {
      this.#stopped = true;
      this.#killAfter(this.#plan.stopTimeout, "stop", (cause) => {
        complain(`worker ${this.pid} was killed: ${cause}`);
      });
    }
    // To a worn worker, SIGUSR2 would set no limit.
    this.#signal(this.#worn ? "SIGTERM" : signal);
    await this.ended;
  }

  /** Lets a worn worker finish its requests, however long they take, and end. */
  retire(): void {
    if (this.#state !== "serving") return;
    this.#state = "stopping";
    this.#signal("SIGUSR2");
  }

  /** Makes the worker open its log again. */
  reopen(): void {
    this.#signal(REOPEN);
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  #receive(message: WorkerMessage): void {
    this.#missed = 0;
    if (message.startsWith(FAILED)) this.failure = message.slice(FAILED.length);
    if (message === "deaf" && this.#state === "serving") this.onDeaf();
    const [, kind, what = ""] = /^(worn|tight) (.*)$/.exec(message) ?? [];
    if (kind === "worn") {
      this.#worn = true;
      this.onWorn(what);
    }
    if (kind === "tight") this.onTight(what);
    if (message !== "ready" || this.#state !== "starting") return;
    clearTimeout(this.#deadline);
    this.#state = "serving";
    this.#settleReady(true);
  }

  #end(how: string): void {
    clearTimeout(this.#deadline);
    this.#state = "ended";
    this.#settleReady(false);
    this.#settleEnded(this.#cause ?? how);
  }

  #killAfter(ms: number, what: string, report?: (cause: string) => void): void {
    clearTimeout(this.#deadline);
    this.#deadline = later(ms, () => {
      const cause = `it did not ${what} within ${ms} ms`;
      report?.(cause);
      this.#kill(cause);
    });
  }

  #kill(cause: string): void {
    this.#cause ??= cause;
    this.kill();
  }

  #signal(signal: NodeJS.Signals): void {
    // On Deno the second call of the kill() of a child does nothing.
    if (this.#state === "ended" || this.pid === undefined) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // The process has ended already.
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
