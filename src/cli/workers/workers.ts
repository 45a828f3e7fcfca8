/**
 * The workers of one address: started together, replaced where they end, and at a reload replaced
 * by workers of the newest code.
 *
 * @module
 */

import { complain } from "../../report/diagnostics.ts";
import type { OrphanGuard } from "./orphans.ts";
import { beatInterval } from "./pulse.ts";
import { type WorkerPlan, WorkerProcess } from "./worker-process.ts";

/** How soon a worker that has ended is replaced: at first, and at most. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** The age from which the end of a worker counts as the first of its kind again. */
const GOOD_MS = 10_000;
/** Requests to reload that follow each other within this time are one. */
const SETTLE_MS = 300;

/** All processes that serve one address, from the start of the command to its end. */
export class Workers {
  readonly #plan: WorkerPlan;
  readonly #count: number;
  readonly #guard: OrphanGuard;
  /** Every worker that has not ended. */
  readonly #all: Set<WorkerProcess> = new Set();
  /** The workers that serve, and the replacements of those that have ended. */
  #current: WorkerProcess[] = [];
  /** The workers that shall take over, as long as not all of them serve. */
  #next: WorkerProcess[] | undefined;
  #started: (serve: boolean) => void = () => {};
  #stopping = false;
  #delay = FIRST_DELAY_MS;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #again = false;

  /** Makes no worker yet: {@linkcode start} does. */
  constructor(count: number, plan: WorkerPlan, guard: OrphanGuard) {
    this.#count = count;
    this.#plan = plan;
    this.#guard = guard;
    const { workerTimeout } = plan;
    if (workerTimeout === 0) return;
    const every = beatInterval(workerTimeout);
    setInterval(() => this.#current.forEach((worker) => worker.look(every)), every);
  }

  /** Starts the workers. Resolves to whether all of them serve; where not, all of them have ended. */
  start(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#started = resolve;
      void this.#renew();
    });
  }

  /**
   * Replaces the workers: the old ones are stopped once the new ones serve, and go on where these
   * do not. A start or reload that is under way is given up for this newer one. Of calls that follow
   * each other closely the first and the last count.
   *
   * @param begun Is called for each call that counts.
   */
  reload(begun: () => void): void {
    if (this.#stopping) return;
    if (this.#settling === undefined) {
      begun();
      void this.#renew();
    } else {
      this.#again = true;
      clearTimeout(this.#settling);
    }
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.reload(begun);
    }, SETTLE_MS);
  }

  /** Whether {@linkcode stop} was called. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Stops all workers. Resolves when they are gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await stopAll(this.#all);
    this.#started(false);
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const worker of this.#all) worker.kill();
  }

  #make(): WorkerProcess {
    const worker = new WorkerProcess(this.#plan);
    worker.onDeaf = () => this.#retire(worker);
    this.#all.add(worker);
    this.#tellGuard();
    worker.gone.then(() => {
      this.#all.delete(worker);
      this.#tellGuard();
    });
    return worker;
  }

  #tellGuard(): void {
    this.#guard.watch([...this.#all].flatMap(({ pid }) => pid ?? []));
  }

  /** Makes new workers the current ones, unless that fails or is overtaken. */
  async #renew(): Promise<void> {
    const older = this.#next ?? [];
    const next: WorkerProcess[] = this.#next = [];
    const overtaken = (): boolean => this.#next !== next || this.#stopping;
    void stopAll(older);
    const serves = async (worker: WorkerProcess): Promise<boolean> => {
      next.push(worker);
      const ready = await worker.ready;
      if (!ready && !overtaken()) await tellEnd(worker);
      return ready && !overtaken();
    };
    // The first worker alone, so that a module that does not load says so once.
    let ready = await serves(this.#make());
    if (ready) {
      const rest = Array.from({ length: this.#count - 1 }, () => serves(this.#make()));
      ready = !(await Promise.all(rest)).includes(false);
    }
    if (overtaken()) return;
    if (!ready) {
      if (this.#current.length > 0) {
        complain("the reload failed; the workers that were there go on");
      }
      await stopAll(next);
      if (!overtaken() && this.#current.length === 0) this.#started(false);
      return;
    }
    this.#next = undefined;
    const old = this.#current;
    this.#current = next;
    for (const worker of next) void this.#keep(worker);
    void stopAll(old);
    this.#started(true);
  }

  /** Replaces a worker when it ends. */
  async #keep(worker: WorkerProcess): Promise<void> {
    const how = await worker.gone;
    if (this.#stopping || !this.#current.includes(worker)) return;
    if (performance.now() - worker.since > GOOD_MS) this.#delay = FIRST_DELAY_MS;
    complain(
      `worker ${worker.pid} ended (${how}); another one starts in ${this.#delay} ms`,
    );
    await new Promise((resolve) => setTimeout(resolve, this.#delay));
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY_MS);
    this.#replace(worker);
  }

  /** Puts a new worker in the place of one, unless a reload has done so. */
  #replace(worker: WorkerProcess): void {
    const at = this.#current.indexOf(worker);
    if (this.#stopping || at < 0) return;
    const next = this.#make();
    this.#current[at] = next;
    void this.#keep(next);
  }

  /** Replaces a worker that accepts nothing, and lets it finish what it has accepted. */
  #retire(worker: WorkerProcess): void {
    if (this.#stopping || !this.#current.includes(worker)) return;
    complain(`worker ${worker.pid} accepts no more connections; another one starts`);
    this.#replace(worker);
    void worker.stop();
  }
}

async function stopAll(workers: Iterable<WorkerProcess>): Promise<void> {
  await Promise.all([...workers].map((worker) => worker.stop()));
}

/** Says how a worker ended that never served; status 1 follows a message of the worker itself. */
async function tellEnd(worker: WorkerProcess): Promise<void> {
  const how = await worker.gone;
  if (how !== "status 1") complain(`worker ${worker.pid} ended (${how})`);
}
