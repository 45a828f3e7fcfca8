/** The floor of an app on Node. */

import { createServer, type Socket } from "node:net";
import process from "node:process";
import { Exchange, type Peer } from "./straight.ts";

const [path, scenario] = process.argv.slice(2) as [string, string];

class Connection implements Peer {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#socket.write(bytes)) return undefined;
    return new Promise((resolve) => this.#socket.once("drain", resolve));
  }

  end(): void {
    this.#socket.destroySoon();
  }
}

function nothing(): void {}

createServer({ allowHalfOpen: true }, (socket) => {
  const exchange = new Exchange(new Connection(socket), scenario);
  socket.on("close", () => exchange.leave());
  socket.on("error", nothing).on("end", nothing).on("data", (bytes: Buffer) => {
    const written = exchange.push(bytes);
    if (written === undefined) return;
    socket.pause();
    void written.then(() => socket.resume());
  });
}).listen({ path });
