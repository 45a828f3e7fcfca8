/**
 * Measures how late the event loop is: a timer that fires late tells that something held the loop.
 *
 * @module
 */

import { clearTimeout, later } from "../runtime/system/timers.ts";

/** The lateness of the event loop, in milliseconds. */
export interface LoopLag {
  /** At the last measurement. */
  last: number;
  /** The longest of the past minute. */
  longest: number;
}

/** The time between two measurements, in milliseconds. */
const PERIOD_MS = 100;
/** The past minute in parts: the oldest is forgotten as a new one begins. */
const PART_MS = 10_000;
const PARTS = 6;

/** A measurement that goes on until it is stopped, and does not hold the process. */
export class LoopLagMeter {
  #last = 0;
  /** The longest lag of each part of the past minute, the present part first. */
  readonly #longest: number[] = [0];
  #partSince: number = performance.now();
  #due = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Starts to measure. */
  constructor() {
    this.#wait();
  }

  /** The present figures. A timer that is overdue counts as well. */
  get lag(): LoopLag {
    const now = performance.now();
    if (this.#timer !== undefined && now > this.#due) this.#note(now);
    return { last: this.#last, longest: Math.max(...this.#longest) };
  }

  /** Measures no more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    this.#due = performance.now() + PERIOD_MS;
    this.#timer = later(PERIOD_MS, () => {
      this.#note(performance.now());
      this.#wait();
    });
  }

  #note(now: number): void {
    const lag = this.#last = Math.max(0, now - this.#due);
    if (now - this.#partSince >= PART_MS) {
      this.#partSince = now;
      this.#longest.unshift(0);
      this.#longest.length = Math.min(this.#longest.length, PARTS);
    }
    this.#longest[0] = Math.max(this.#longest[0]!, lag);
  }
}
