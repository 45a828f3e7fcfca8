/**
 * The time limits of calls. One timer serves all of them: timers of their own would cost every call more.
 *
 * @module
 */

import { clearTimeout } from "node:timers";
import { later } from "../transport/later.ts";

/** Timers may be early by less than this, in milliseconds. */
const EARLY_MS = 1;

/**
 * The limits that are set, in any order. With a `Set` a call costs 5 µs more on Bun and 6 to 14 µs on Deno:
 * much of what was deleted from it survives the next collection of garbage.
 */
const running: TimeLimit[] = [];
let timer: NodeJS.Timeout | undefined;
/** When the timer ends, by `performance.now()`. */
let due = Infinity;

/**
 * The owner of a time limit. With a closure in its place, kept by the limit, a call costs 5 to 8 µs more on
 * Deno: the closure survives collections of garbage, and all of the call with it.
 */
export interface Limited {
  /** Called when the time is over. */
  expire(): void;
}

/** A limit of time that can be set again and again. It does not hold the process, as sockets do. */
export class TimeLimit {
  readonly #limited: Limited;
  /** Its index in the list; -1 while it is not set. */
  #index = -1;
  /** When it is over, by `performance.now()`. */
  #end = 0;

  constructor(limited: Limited) {
    this.#limited = limited;
  }

  /** Sets it so many milliseconds from now, in the place of an earlier end; 0 is no limit. */
  set(ms: number): void {
    if (ms === 0) return this.clear();
    const now = performance.now();
    this.#end = now + ms;
    if (this.#index < 0) this.#index = running.push(this) - 1;
    if (this.#end < due) schedule(this.#end, now);
  }

  /** Is no limit any more. */
  clear(): void {
    if (this.#index < 0) return;
    const last = running.pop()!;
    if (last !== this) {
      running[this.#index] = last;
      last.#index = this.#index;
    }
    this.#index = -1;
  }

  /** Ends the limits that are over, and sets the timer for the next. */
  static expire(this: void): void {
    due = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const limit of [...running]) {
      // The end of another limit may have cleared it.
      if (limit.#index < 0) continue;
      if (limit.#end <= now + EARLY_MS) {
        limit.clear();
        limit.#limited.expire();
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
  timer = later(end - now, TimeLimit.expire);
}
