/**
 * One timer for all time-outs of a server: a timer for each would cost Deno 1.4 µs a request.
 *
 * @module
 */

import { clearInterval, setInterval } from "node:timers";
import type { Limits } from "./options.ts";

const LONGEST_PERIOD_MS = 250;
const SHORTEST_PERIOD_MS = 10;

/** A clock that runs while there are connections, and does not hold the process. */
export class Clock {
  /** The time of the last tick, in milliseconds; it stands still while the loop does. */
  now: number = performance.now();
  readonly #period: number;
  readonly #tick: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Makes a clock that ticks often enough for the shortest of the time-outs. */
  constructor(limits: Limits, tick: () => void) {
    const { headTimeout, bodyTimeout, writeTimeout, requestTimeout, drainTimeout } = limits;
    const shortest = Math.min(
      ...[headTimeout, bodyTimeout, writeTimeout, requestTimeout, drainTimeout]
        .filter((timeout) => timeout > 0),
    );
    this.#period = Math.max(SHORTEST_PERIOD_MS, Math.min(LONGEST_PERIOD_MS, shortest / 4));
    this.#tick = tick;
  }

  /** Lets it tick. */
  run(): void {
    if (this.#timer !== undefined) return;
    let before = this.now = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      // While a handler holds the loop, what the peers have sent waits to be read: that is not theirs.
      this.now += Math.min(now - before, 2 * this.#period);
      before = now;
      this.#tick();
    }, this.#period).unref();
  }

  /** Stops it, until it runs again. */
  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
