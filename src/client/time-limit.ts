/**
 * The time limits of calls. One timer serves all of them: timers of their own would cost every call more.
 *
 * @module
 */

import { clearTimeout, setTimeout } from "node:timers";
import { LONGEST_TIMER_MS } from "../transport/limits.ts";

/** Timers may be early by less than this, in milliseconds. */
const EARLY_MS = 1;

/** The limits that are set. */
const running: Set<TimeLimit> = new Set();
let timer: ReturnType<typeof setTimeout> | undefined;
/** When the timer ends, by `performance.now()`. */
let due = Infinity;

/** A limit of time that can be set again and again. It does not hold the process, as sockets do. */
export class TimeLimit {
  /** When it is over, by `performance.now()`. */
  #end = 0;
  #action!: () => void;

  /** Calls an action so many milliseconds later, in the place of an earlier one; 0 is no limit. */
  set(ms: number, action: () => void): void {
    if (ms === 0) return this.clear();
    const now = performance.now();
    this.#end = now + ms;
    this.#action = action;
    running.add(this);
    if (this.#end < due) schedule(this.#end, now);
  }

  /** Calls no action any more. */
  clear(): void {
    running.delete(this);
  }

  /** Ends the limits that are over, and sets the timer for the next. */
  static expire(this: void): void {
    due = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const limit of running) {
      if (limit.#end <= now + EARLY_MS) {
        running.delete(limit);
        limit.#action();
      } else if (limit.#end < next) {
        next = limit.#end;
      }
    }
    if (next < due) schedule(next, now);
  }
}

function schedule(end: number, now: number): void {
  clearTimeout(timer);
  due = end;
  timer = setTimeout(TimeLimit.expire, Math.min(end - now, LONGEST_TIMER_MS)).unref();
}
