/** The floor of an app on Deno. */

import { Exchange, type Peer } from "./straight.ts";

/** The part of Deno that is used; Bun's type checker does not know it. */
interface Socket {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

interface Native {
  readonly args: [path: string, scenario: string];
  listen(options: object): { accept(): Promise<Socket> };
}

const { Deno } = globalThis as unknown as { Deno: Native };
const [path, scenario] = Deno.args;
const HEAD_BYTES = 16_384;
const BODY_BYTES = 65_536;
const pool: Uint8Array[] = [];

class Connection implements Peer {
  readonly #socket: Socket;
  readonly #exchange: Exchange = new Exchange(this, scenario);

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#socket.write(bytes).then(
      (count) => count < bytes.length ? this.write(bytes.subarray(count)) : undefined,
      () => this.#exchange.leave(),
    );
  }

  end(): void {
    this.#socket.close();
  }

  async read(): Promise<void> {
    const head = pool.pop() ?? new Uint8Array(HEAD_BYTES);
    const count = await this.#socket.read(head);
    // The peer has only looked whether this listens.
    if (count === null) return this.#socket.close();
    void this.#exchange.push(head.subarray(0, count));
    pool.push(head);
    let buffer = head;
    while (this.#exchange.remaining > 0) {
      if (!this.#exchange.echoes || buffer === head) buffer = new Uint8Array(BODY_BYTES);
      const count = await this.#socket.read(buffer);
      await this.#exchange.push(buffer.subarray(0, count ?? 0));
    }
  }
}

function nothing(): void {}

const listener = Deno.listen({ transport: "unix", path });
for (;;) void new Connection(await listener.accept()).read().catch(nothing);
