/** The floor of an app on Bun. */

import process from "node:process";
import { Exchange, type Peer } from "./straight.ts";

/** The part of Bun's socket that is used; Deno's type checker does not know it. */
interface Socket {
  data: Connection;
  write(bytes: Uint8Array): number;
  end(): void;
  pause(): void;
  resume(): void;
}

const [unix, scenario] = process.argv.slice(2) as [string, string];
const { Bun } = globalThis as unknown as { Bun: { listen(options: object): void } };

class Connection implements Peer {
  readonly exchange: Exchange = new Exchange(this, scenario);
  readonly #socket: Socket;
  #rest: Uint8Array | undefined;
  #drained: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const count = Math.max(0, this.#socket.write(bytes));
    if (count === bytes.length) return undefined;
    this.#rest = bytes.subarray(count);
    return new Promise((resolve) => this.#drained = resolve);
  }

  drain(): void {
    if (this.#rest === undefined) return;
    const count = Math.max(0, this.#socket.write(this.#rest));
    if (count < this.#rest.length) {
      this.#rest = this.#rest.subarray(count);
    } else {
      this.#rest = undefined;
      this.#drained!();
    }
  }

  end(): void {
    this.#socket.end();
  }
}

function nothing(): void {}

Bun.listen({
  unix,
  allowHalfOpen: true,
  socket: {
    open: (socket: Socket) => void (socket.data = new Connection(socket)),
    data(socket: Socket, bytes: Uint8Array) {
      const written = socket.data.exchange.push(bytes);
      if (written === undefined) return;
      socket.pause();
      void written.then(() => socket.resume());
    },
    drain: ({ data }: Socket) => data.drain(),
    end: nothing,
    close: ({ data }: Socket) => data.exchange.leave(),
    error: nothing,
  },
});
