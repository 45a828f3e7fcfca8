/**
 * The workers of a command with the figures that each has sent last, for `--status`.
 *
 * @module
 */

import type { ServerStats } from "../../server/statistics.ts";
import type { Figures, WorkersSnapshot, WorkerState } from "../status/snapshot.ts";
import { countersOf, noFigures, plus } from "../status/sum.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** A worker that serves and has sent nothing for so long does not respond, in milliseconds. */
const SILENT_MS = 3000;
/** The figures of a worker may come after its end, until so many milliseconds later. */
const LATE_MS = 1000;

interface Entry {
  readonly worker: WorkerProcess;
  readonly number: number;
  stats: ServerStats | undefined;
  /** When the figures came, in milliseconds. */
  heardAt: number;
  /** When the worker ended, likewise; undefined until then. */
  endedAt: number | undefined;
}

/** All workers, and what those that have ended have counted. */
export class Roster {
  /** The reloads that were begun. */
  reloads = 0;
  readonly #restarts: Map<number, number> = new Map();
  #entries: Entry[] = [];
  /** The counters of the workers that are no longer listed. */
  #ended: Figures = noFigures();

  /** Adds a worker that was started, with its number from 1 on. */
  add(worker: WorkerProcess, number: number): void {
    const entry: Entry = { worker, number, stats: undefined, heardAt: 0, endedAt: undefined };
    this.#entries.push(entry);
    const heard = (): void => void (entry.heardAt = performance.now());
    void worker.ready.then(heard);
    worker.onStats = (text) => {
      entry.stats = JSON.parse(text) as ServerStats;
      heard();
    };
    void worker.ended.then(() => {
      entry.endedAt = performance.now();
      this.#forget();
    });
  }

  /** Counts a worker that has ended, or accepts no more, and whose place another one takes. */
  restarted(worker: WorkerProcess): void {
    const { number } = this.#entries.find((entry) => entry.worker === worker) ?? {};
    if (number !== undefined) this.#restarts.set(number, (this.#restarts.get(number) ?? 0) + 1);
  }

  /** The figures of all workers together. */
  get total(): Figures {
    return this.#entries.reduce((sum, { stats, endedAt }) => {
      if (stats === undefined) return sum;
      return plus(sum, endedAt === undefined ? stats : countersOf(stats));
    }, this.#ended);
  }

  /** The workers by number, each with its figures. */
  get snapshot(): WorkersSnapshot {
    const shown = this.#shown();
    const draining = this.#entries.filter((entry) =>
      stateOf(entry) === "draining" && shown.get(entry.number) !== entry
    );
    const list = [...shown.values()].sort((one, other) => one.number - other.number)
      .map((entry) => ({
        worker: entry.number,
        pid: entry.worker.pid,
        state: stateOf(entry),
        restarts: this.#restarts.get(entry.number) ?? 0,
        stats: entry.stats,
      }));
    return { reloads: this.reloads, list, draining: draining.length };
  }

  /** The worker to show for each number: the newest that serves, or else the newest. */
  #shown(): Map<number, Entry> {
    const shown = new Map<number, Entry>();
    for (const entry of this.#entries) {
      const before = shown.get(entry.number);
      if (before === undefined || rank(entry) >= rank(before)) shown.set(entry.number, entry);
    }
    return shown;
  }

  /** Adds what workers have counted that ended some time ago, unless one is still shown. */
  #forget(): void {
    const shown = new Set(this.#shown().values());
    const now = performance.now();
    this.#entries = this.#entries.filter((entry) => {
      const { endedAt = Infinity, stats } = entry;
      if (now - endedAt < LATE_MS || shown.has(entry) || endedAt === Infinity) return true;
      if (stats !== undefined) this.#ended = plus(this.#ended, countersOf(stats));
      return false;
    });
  }
}

/** The rank of a worker: of those with one number, the highest is shown. */
function rank(entry: Entry): number {
  return ["down", "draining", "starting", "unresponsive", "serving"].indexOf(stateOf(entry));
}

function stateOf({ worker: { state }, heardAt }: Entry): WorkerState {
  if (state === "ended") return "down";
  if (state === "stopping") return "draining";
  if (state === "starting") return "starting";
  return performance.now() - heardAt > SILENT_MS ? "unresponsive" : "serving";
}
