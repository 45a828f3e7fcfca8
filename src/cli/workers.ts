/**
 * Several processes on one address: this one opens the sockets and never accepts, and its workers
 * accept from them. A worker that dies is replaced; a reload brings new ones before the old ones go.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { runtimeArguments } from "../run/exec.ts";
import { passOn } from "../sockets/pass-on.ts";
import { programFile } from "./program.ts";
import { WORKER_VARIABLE } from "./worker.ts";

/** How soon a worker that has died is replaced: at first, and at most. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** A worker that has lived this long was a good one. */
const GOOD_MS = 10_000;

/** The first file descriptor after those of stdio and of the channel between the two processes. */
const FIRST_FD = 4;

/** What workers are made of. */
export interface WorkerPlan {
  /** How many. */
  count: number;
  /** The words after the command's name, as they were given to this process. */
  args: readonly string[];
  /** The listening sockets. */
  fds: readonly number[];
}

/** The workers of one address. */
export class Workers {
  readonly #plan: WorkerPlan;
  readonly #all: Set<Worker> = new Set();
  #current: Worker[] = [];
  #stopping = false;
  #delay = FIRST_DELAY_MS;
  #reload: Promise<void> = Promise.resolve();

  /** Makes the workers' keeper; {@linkcode start} makes the workers. */
  constructor(plan: WorkerPlan) {
    this.#plan = plan;
  }

  /** Starts them. Gives whether all of them serve; where not, none is left. */
  start(): Promise<boolean> {
    const started = this.#renew();
    this.#reload = started.then(() => {});
    return started;
  }

  /** Replaces them: the old ones are drained once the new ones serve, and stay where these do not. */
  reload(): Promise<void> {
    return this.#reload = this.#reload.then(async () => {
      if (this.#stopping) return;
      const old = this.#current;
      if (!await this.#renew()) {
        if (this.#stopping) return;
        console.error("scgi: the reload failed; the workers that were there go on");
        return;
      }
      await Promise.all(old.map((worker) => worker.stop()));
    });
  }

  /** Whether they were told to end. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Drains them all. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#all].map((worker) => worker.stop()));
  }

  /** Ends them all at once. */
  kill(): void {
    for (const worker of this.#all) worker.kill();
  }

  #make(): Worker {
    const worker = new Worker(this.#plan);
    this.#all.add(worker);
    worker.gone.then(() => this.#all.delete(worker));
    return worker;
  }

  /** Makes new ones the current ones; gives whether they serve. */
  async #renew(): Promise<boolean> {
    // The first one alone, so that a module that does not load says so once.
    const first = this.#make();
    if (!await first.ready || this.#stopping) return false;
    const workers = [first, ...Array.from({ length: this.#plan.count - 1 }, () => this.#make())];
    const ready = await Promise.all(workers.map((worker) => worker.ready));
    if (this.#stopping) return false;
    if (ready.includes(false)) {
      await Promise.all(workers.map((worker) => worker.stop()));
      return false;
    }
    this.#current = workers;
    for (const worker of workers) void this.#keep(worker);
    return true;
  }

  /** Replaces a worker when it dies. */
  async #keep(worker: Worker): Promise<void> {
    const how = await worker.gone;
    const at = this.#current.indexOf(worker);
    if (this.#stopping || worker.stopped || at < 0) return;
    if (performance.now() - worker.since > GOOD_MS) this.#delay = FIRST_DELAY_MS;
    console.error(
      `scgi: worker ${worker.pid} ended (${how}); another one starts in ${this.#delay} ms`,
    );
    await new Promise((resolve) => setTimeout(resolve, this.#delay));
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY_MS);
    // A reload may have replaced it meanwhile.
    if (this.#stopping || this.#current[at] !== worker) return;
    const next = this.#make();
    this.#current[at] = next;
    void this.#keep(next);
  }
}

/** One process. */
class Worker {
  /** When it was started, in milliseconds. */
  readonly since: number = performance.now();
  /** Whether it serves, once it is known. */
  readonly ready: Promise<boolean>;
  /** How it ended, once it has. */
  readonly gone: Promise<string>;
  /** Whether it was told to end. */
  stopped = false;
  readonly #child: ChildProcess;
  #gone = false;

  constructor({ args, fds }: WorkerPlan) {
    const program = [programFile("cli"), "serve", ...args];
    const { stdio, numbers } = passOn(fds, FIRST_FD);
    this.#child = spawn(process.execPath, [...runtimeArguments(), ...program], {
      stdio: ["ignore", "inherit", "inherit", "ipc", ...stdio],
      env: { ...process.env, [WORKER_VARIABLE]: numbers.join(",") },
    });
    this.gone = new Promise((resolve) => {
      this.#child.on("error", (error) => resolve(error.message));
      this.#child.on("exit", (code, signal) => resolve(signal ?? `status ${code}`));
    });
    this.gone.then(() => this.#gone = true);
    this.ready = new Promise((resolve) => {
      this.#child.once("message", () => resolve(true));
      this.gone.then(() => resolve(false));
    });
  }

  /** Its process id. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Lets it finish what it has begun. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.#child.kill("SIGTERM");
    await this.gone;
  }

  /** Ends it. */
  kill(): void {
    // Deno's kill() does nothing when it was called before.
    if (!this.#gone && this.pid !== undefined) process.kill(this.pid, "SIGKILL");
  }
}
