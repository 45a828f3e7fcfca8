/**
 * The workers of one command: started together, replaced when one ends, and all replaced at a
 * reload, by workers that load the app anew.
 *
 * @module
 */

import { complain } from "../../report/diagnostics.ts";
import type { OrphanGuard } from "./orphans.ts";
import { beatInterval } from "./pulse.ts";
import { Recycling } from "./recycling.ts";
import { Roster } from "./roster.ts";
import { type WorkerPlan, WorkerProcess } from "./worker-process.ts";

/** The first and the longest delay before a worker that has ended is replaced. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** The age from which the end of a worker resets the delay. */
const STABLE_MS = 10_000;
/** Reloads within this time are one. */
const SETTLE_MS = 300;

/** Takes the news of a reload. */
export interface ReloadNews {
  /** The reload begins. */
  begun(): void;
  /** The new workers serve. */
  done(): void;
  /** The new workers do not serve, and the old ones go on. */
  failed(reason: string): void;
}

/** All workers, from the start of the command to its end. */
export class Workers {
  /** The figures of the workers, where they send them. */
  readonly roster: Roster = new Roster();
  readonly #plan: WorkerPlan;
  readonly #count: number;
  readonly #guard: OrphanGuard;
  /** The workers that have not ended. */
  readonly #all: Set<WorkerProcess> = new Set();
  /** The workers that serve or are to be replaced when they end. */
  #current: WorkerProcess[] = [];
  /** The workers of a start or reload, until all of them serve. */
  #next: WorkerProcess[] | undefined;
  #started: (serve: boolean) => void = () => {};
  #stopping = false;
  #delay = FIRST_DELAY_MS;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #again = false;
  #tight = false;
  readonly #recycling: Recycling = new Recycling({
    start: (worn) => this.#add(this.#numberOf(worn)),
    replace: (worn, next) => this.#exchange(worn, next),
    serves: (worker) => !this.#stopping && this.#current.includes(worker),
  });

  /** Starts no worker: {@linkcode start} does. */
  constructor(count: number, plan: WorkerPlan, guard: OrphanGuard) {
    this.#count = count;
    this.#plan = plan;
    this.#guard = guard;
    const { workerTimeout } = plan;
    if (workerTimeout === 0) return;
    const every = beatInterval(workerTimeout);
    setInterval(() => this.#current.forEach((worker) => worker.checkBeat(every)), every);
  }

  /** Starts the workers. Resolves to true when all serve, to false when one failed. */
  start(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#started = resolve;
      void this.#renew();
    });
  }

  /**
   * Replaces the workers: stops the old ones once all new ones serve, and keeps the old ones if a
   * new one fails. Cancels a start or reload under way. Of calls in quick succession, the first and
   * the last take effect.
   *
   * @param news Is told of each reload that takes effect.
   */
  reload(news: ReloadNews): void {
    if (this.#stopping) return;
    if (this.#settling === undefined) {
      this.roster.reloads++;
      news.begun();
      void this.#renew(news);
    } else {
      this.#again = true;
      clearTimeout(this.#settling);
    }
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.reload(news);
    }, SETTLE_MS);
  }

  /** Whether {@linkcode stop} was called. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Stops all workers. Resolves when they have ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await stopAll(this.#all);
    this.#started(false);
  }

  /** Makes all workers open their logs again. */
  reopen(): void {
    for (const worker of this.#all) worker.reopen();
  }

  kill(): void {
    for (const worker of this.#all) worker.kill();
  }

  #add(number: number): WorkerProcess {
    const worker = new WorkerProcess(this.#plan);
    this.roster.add(worker, number);
    worker.onDeaf = () => this.#retire(worker);
    worker.onWorn = (why) => {
      this.#plan.say(`Replacing worker ${worker.pid}, which ${why}`);
      this.#recycling.add(worker);
    };
    worker.onTight = (mebibytes) => this.#warnTight(mebibytes);
    this.#all.add(worker);
    this.#tellGuard();
    worker.ended.then(() => {
      this.#all.delete(worker);
      this.#tellGuard();
    });
    return worker;
  }

  #tellGuard(): void {
    this.#guard.watch([...this.#all].flatMap(({ pid }) => pid ?? []));
  }

  /** Starts workers, and makes them the current ones unless one fails or a newer reload begins. */
  async #renew(news?: ReloadNews): Promise<void> {
    const older = this.#next ?? [];
    const next: WorkerProcess[] = this.#next = [];
    const overtaken = (): boolean => this.#next !== next || this.#stopping;
    void stopAll(older);
    let reason: string | undefined;
    const serves = async (worker: WorkerProcess): Promise<boolean> => {
      next.push(worker);
      const ready = await worker.ready;
      if (!ready && !overtaken()) reason ??= await reportEnd(worker);
      return ready && !overtaken();
    };
    // The first worker alone, so that a module that cannot be loaded is reported once.
    let ready = await serves(this.#add(1));
    if (ready) {
      const rest = Array.from({ length: this.#count - 1 }, (_, at) => serves(this.#add(at + 2)));
      ready = !(await Promise.all(rest)).includes(false);
    }
    if (overtaken()) return;
    if (!ready) {
      if (this.#current.length > 0) {
        complain(`the reload failed: ${reason}. The old workers go on with the old code`);
        news?.failed(reason ?? "");
      }
      await stopAll(next);
      if (!overtaken() && this.#current.length === 0) this.#started(false);
      return;
    }
    this.#next = undefined;
    const old = this.#current;
    this.#current = next;
    for (const worker of next) void this.#keep(worker);
    for (const worker of old) void worker.stop("SIGUSR2");
    this.#started(true);
    news?.done();
  }

  /** Replaces a worker when it ends. */
  async #keep(worker: WorkerProcess): Promise<void> {
    const how = await worker.ended;
    if (this.#stopping || !this.#current.includes(worker)) return;
    if (performance.now() - worker.since > STABLE_MS) this.#delay = FIRST_DELAY_MS;
    complain(
      `worker ${worker.pid} ended (${how}); another worker starts in ${this.#delay} ms`,
    );
    await new Promise((resolve) => setTimeout(resolve, this.#delay));
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY_MS);
    this.#replace(worker);
  }

  /** Replaces one worker, unless a reload has replaced it. */
  #replace(worker: WorkerProcess): void {
    if (this.#stopping || !this.#current.includes(worker)) return;
    this.#exchange(worker, this.#add(this.#numberOf(worker)));
  }

  /** The number of a current worker, from 1 on. */
  #numberOf(worker: WorkerProcess): number {
    return this.#current.indexOf(worker) + 1;
  }

  /** Gives the place of one worker to another, unless it is another's already. */
  #exchange(worker: WorkerProcess, next: WorkerProcess): boolean {
    const at = this.#current.indexOf(worker);
    if (this.#stopping || at < 0) return false;
    this.roster.restarted(worker);
    this.#current[at] = next;
    void this.#keep(next);
    return true;
  }

  /** Says once that `--max-memory` is too little for any worker. */
  #warnTight(mebibytes: string): void {
    if (this.#tight) return;
    this.#tight = true;
    complain(
      `--max-memory has no effect: a worker uses ${mebibytes} MiB before its first request. ` +
        "Give it more",
    );
  }

  /** Replaces a worker that accepts no more connections, and lets its open requests finish. */
  #retire(worker: WorkerProcess): void {
    if (this.#stopping || !this.#current.includes(worker)) return;
    complain(`worker ${worker.pid} accepts no more connections; another worker starts`);
    this.#replace(worker);
    void worker.stop("SIGUSR2");
  }
}

async function stopAll(workers: Iterable<WorkerProcess>): Promise<void> {
  await Promise.all([...workers].map((worker) => worker.stop()));
}

/**
 * Reports how a worker ended that never served, unless with status 1, after its own message.
 *
 * @returns Why it did not serve.
 */
async function reportEnd(worker: WorkerProcess): Promise<string> {
  const how = await worker.ended;
  if (how !== "status 1") complain(`worker ${worker.pid} ended (${how})`);
  return worker.failure ?? `worker ${worker.pid} ended (${how})`;
}
