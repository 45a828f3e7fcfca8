/**
 * The connections of an HTTP server, each with the number of its open requests: a server that stops
 * closes those that are idle.
 *
 * @module
 */

import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The connections of one server. */
export class Connections {
  readonly #requests: Map<Socket, number> = new Map();
  #drained: Promise<void> | undefined;
  #resolve!: () => void;

  /** Adds a connection, until it closes. */
  add(socket: Socket): void {
    // A request whose Upgrade is ignored is read anew, with the same event.
    if (this.#requests.has(socket)) return;
    this.#requests.set(socket, 0);
    socket.on("close", () => {
      this.#requests.delete(socket);
      if (this.#requests.size === 0 && this.#drained !== undefined) this.#resolve();
    });
  }

  /** Counts a request of a connection as open, until its response has ended. */
  open(socket: Socket, outgoing: ServerResponse): void {
    this.#count(socket, 1);
    outgoing.on("close", () => this.#count(socket, -1));
  }

  /** Closes each connection when it has no open request; `Server.close` waits for idle ones, too. */
  drain(): Promise<void> {
    return this.#drained ??= new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#requests.size === 0) resolve();
      for (const [socket, requests] of this.#requests) if (requests === 0) socket.destroy();
    });
  }

  /** Closes all connections. */
  destroy(): void {
    for (const socket of this.#requests.keys()) socket.destroy();
  }

  #count(socket: Socket, change: number): void {
    const requests = this.#requests.get(socket);
    if (requests === undefined) return;
    this.#requests.set(socket, requests + change);
    if (requests + change === 0 && this.#drained !== undefined) socket.destroySoon();
  }
}
