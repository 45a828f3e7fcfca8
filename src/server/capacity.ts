/**
 * The option `maxConnections`. Connections over it wait where the runtime can stop accepting; where it
 * cannot they are answered with 503, or closed unanswered when those are too many as well.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "./options.ts";
import { countDescriptors } from "../runtime/system/descriptors.ts";
import type { Listener } from "../transport/socket.ts";

/** The fate of a new connection. */
export type Admission = "serve" | "refuse" | "close";

/** The part of the remaining file descriptors that connections may take. */
const SHARE = 0.75;
/** The same where `maxConnections` is set: without any left Bun spins. */
const MOST_SHARE = 0.9;
/** The part of all file descriptors for a listener that never accepts again once they ran out. */
const CAUTIOUS_SHARE = 0.25;
/** The usual limit of Linux, where that of the process cannot be looked up. */
const COMMON_LIMIT = 4096;
/** The most connections that are answered with 503 at a time. */
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

  /** Takes the option `maxConnections`. */
  constructor(given: number | undefined) {
    this.#given = given;
    this.most = given ?? DEFAULT_LIMITS.maxConnections;
  }

  /** Takes the server's listeners, and counts the file descriptors that are left. */
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

  /** Whether further connections wait to be accepted. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Decides on a new connection, beside so many others. */
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

  /** Accepts again where the number of connections that are left allows it. */
  freed(left: number): void {
    if (!this.#full || left >= this.most) return;
    this.#full = this.#waiting = false;
    for (const listener of this.#listeners) listener.accepting(true);
  }
}
