/**
 * The connections whose peers are to be watched for a disconnect, where that costs something: together
 * and a moment later, when most handlers have answered.
 *
 * @module
 */

import { setTimeout } from "node:timers";
import type { Watchable } from "./internals.ts";

/** The time until connections are watched, in milliseconds. */
const WATCH_MS = 5;

/** The list of one server. */
export class WatchList {
  #connections: Watchable[] = [];

  /** Adds a connection, whose `watch()` is called soon. */
  add(connection: Watchable): void {
    if (this.#connections.push(connection) > 1) return;
    setTimeout(() => {
      const connections = this.#connections;
      this.#connections = [];
      for (const connection of connections) connection.watch();
    }, WATCH_MS);
  }
}
