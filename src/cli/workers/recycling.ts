/**
 * Recycling: replaces worn workers one at a time. The replacement serves before the worn worker stops,
 * and that one has all the time that its requests take.
 *
 * @module
 */

import { complain } from "../../report/diagnostics.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** The exchange of the workers of the command. */
export interface Exchange {
  /** Starts a worker for the place of another one, which it does not take yet. */
  start(worn: WorkerProcess): WorkerProcess;
  /** Gives the place of a worker to another one. False where the place is taken already. */
  replace(worn: WorkerProcess, next: WorkerProcess): boolean;
  /** Whether a worker has its place, and the command goes on. */
  serves(worker: WorkerProcess): boolean;
}

/** The delay before a replacement that could not start is tried again. */
const RETRY_MS = 10_000;

/** The queue of worn workers. */
export class Recycling {
  readonly #exchange: Exchange;
  #tail: Promise<void> = Promise.resolve();

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Replaces a worker after those that asked before. */
  add(worn: WorkerProcess): void {
    this.#tail = this.#tail.then(() => this.#recycle(worn));
  }

  async #recycle(worn: WorkerProcess): Promise<void> {
    // It has died, or a reload has replaced it.
    if (!this.#exchange.serves(worn)) return;
    const next = this.#exchange.start(worn);
    const ready = await next.ready;
    if (ready && this.#exchange.replace(worn, next)) return worn.retire();
    await next.stop();
    if (ready || !this.#exchange.serves(worn)) return;
    complain(
      `worker ${worn.pid} goes on: its replacement did not start. It is tried again in ` +
        `${RETRY_MS / 1000} s`,
    );
    setTimeout(() => this.add(worn), RETRY_MS).unref();
  }
}
