/**
 * How many connections a server takes at a time, and what becomes of more: they wait where the
 * runtime can stop accepting, and where not they are answered with 503, or closed when even those
 * that are answered are too many.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "./options.ts";
import { countDescriptors } from "../runtime/system/descriptors.ts";
import type { Listener } from "../transport/socket.ts";

/** What becomes of a connection. */
export type Admission = "serve" | "refuse" | "close";

/** The part of the file descriptors that are left which connections may take. */
const SHARE = 0.75;
/** The part that they may take where the user says how many there may be: Bun spins without any. */
const MOST_SHARE = 0.9;
/** The part of all file descriptors, for a listener that never recovers from their end. */
const CAUTIOUS_SHARE = 0.25;
/** What Linux lets a process have at most unless told otherwise, where that cannot be looked up. */
const COMMON_LIMIT = 4096;
/** How many connections more may be told that there are too many, where descriptors are left. */
const MOST_REFUSED = 256;

/** The capacity of one server. */
export class Capacity {
  /** The most connections that are served at a time. */
  most: number;
  readonly #given: number | undefined;
  #refused = MOST_REFUSED;
  #listeners: readonly Listener[] = [];
  #full = false;
  #waiting = false;

  /** Makes the capacity of a server; `given` is what its user says. */
  constructor(given: number | undefined) {
    this.#given = given;
    this.most = given ?? DEFAULT_LIMITS.maxConnections;
  }

  /** Takes the server's listeners, once they listen. */
  open(listeners: readonly Listener[]): void {
    this.#listeners = listeners;
    const counted = countDescriptors();
    const { limit, open } = counted ?? { limit: COMMON_LIMIT, open: 0 };
    if (this.#given === undefined || counted !== undefined) {
      const share = this.#given === undefined ? SHARE : MOST_SHARE;
      this.most = Math.max(1, Math.min(this.most, Math.floor((limit - open) * share)));
    }
    if (listeners.some(({ recovers }) => !recovers)) {
      this.most = Math.max(1, Math.min(this.most, Math.floor(limit * CAUTIOUS_SHARE) - 1));
    }
    const rest = Math.max(0, limit - open - this.most);
    this.#refused = Math.min(MOST_REFUSED, Math.floor(rest / 2));
  }

  /** Whether there are enough, and who connects waits to be accepted. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** What becomes of a new connection, with so many others. */
  admit(others: number): Admission {
    const all = others + 1;
    if (all >= this.most && !this.#full) {
      this.#full = true;
      for (const listener of this.#listeners) {
        if (listener.accepting(false)) this.#waiting = true;
      }
    }
    if (all <= this.most) return "serve";
    return all <= this.most + this.#refused ? "refuse" : "close";
  }

  /** Says that a connection has ended, and how many are left. */
  freed(left: number): void {
    if (!this.#full || left >= this.most) return;
    this.#full = this.#waiting = false;
    for (const listener of this.#listeners) listener.accepting(true);
  }
}
