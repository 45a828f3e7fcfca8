/**
 * The requests of a server that are open at one moment, to be waited for while the server goes on.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import type { Connections } from "./drain.ts";

/** The connections whose request is open at one moment. */
export class OpenRequests implements Connections {
  /** Called when a connection has left. */
  onLeft: () => void = () => {};
  readonly #members: Set<Connection> = new Set();

  constructor(connections: Connections) {
    connections.each((connection) => connection.busy && this.#members.add(connection));
  }

  get size(): number {
    return this.#members.size;
  }

  /** Removes a connection, if it is a member. */
  delete(connection: Connection): void {
    if (this.#members.delete(connection)) this.onLeft();
  }

  each(action: (connection: Connection) => unknown): void {
    this.#members.forEach(action);
  }
}
