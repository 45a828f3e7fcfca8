/**
 * One timer for all time-outs of a server: a timer for each would cost Deno 1.4 µs a request.
 *
 * @module
 */

import { every } from "../runtime/system/timers.ts";
import type { Limits } from "./options.ts";

const LONGEST_PERIOD_MS = 250;
const SHORTEST_PERIOD_MS = 10;

/** A clock that runs while there are connections, and does not hold the process. */
export class Clock {
  /** The time of the last tick, in milliseconds; it stands still while the loop does. */
  now: number = performance.now();
  readonly #period: number;
  readonly #tick: () => void;
  #end: (() => void) | undefined;

  /** Takes the limits: the clock ticks often enough for the shortest time-out. */
  constructor(limits: Limits, tick: () => void) {
    const { headTimeout, bodyTimeout, writeTimeout, requestTimeout, drainTimeout } = limits;
    const shortest = Math.min(
      ...[headTimeout, bodyTimeout, writeTimeout, requestTimeout, drainTimeout]
        .filter((timeout) => timeout > 0),
    );
    this.#period = Math.max(SHORTEST_PERIOD_MS, Math.min(LONGEST_PERIOD_MS, shortest / 4));
    this.#tick = tick;
  }

  /** Starts the timer. */
  run(): void {
    if (this.#end !== undefined) return;
    let before = this.now = performance.now();
    this.#end = every(this.#period, () => {
      const now = performance.now();
      // While a handler holds the loop, bytes of the peers wait to be read: the peers are not late.
      this.now += Math.min(now - before, 2 * this.#period);
      before = now;
      this.#tick();
    });
  }

  /** Stops the timer. */
  rest(): void {
    this.#end?.();
    this.#end = undefined;
  }
}
