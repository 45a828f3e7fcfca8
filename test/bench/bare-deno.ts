/** The floor on Deno: a socket of `Deno.listen` that answers any bytes with a canned reply. */

import { type Bare, cannedReply } from "./bare-shape.ts";

/** The part of Deno that is used; Bun's type checker does not know it. */
interface Socket {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

interface Native {
  /** Loading `node:process` for them would take 8 ms. */
  readonly args: string[];
  listen(options: object): { accept(): Promise<Socket> };
}

const { Deno } = globalThis as unknown as { Deno: Native };
const bare = JSON.parse(Deno.args[0]!) as Bare;
const { place, wanted, writes } = bare;
const { first, next } = cannedReply(bare);
const BUFFER_BYTES = wanted > 65536 ? 65536 : 16384;
const pool: Uint8Array[] = [];

async function answer(socket: Socket): Promise<void> {
  const buffer = pool.pop() ?? new Uint8Array(BUFFER_BYTES);
  try {
    let received = await socket.read(buffer) ?? 0;
    while (received < wanted) {
      const count = await socket.read(buffer);
      if (count === null) return;
      received += count;
    }
    if (received === 0) return;
    for (let index = 0; index < writes; index++) {
      let rest = index === 0 ? first : next;
      for (;;) {
        const count = await socket.write(rest);
        if (count === rest.length) break;
        rest = rest.subarray(count);
      }
    }
  } catch {
    // The peer has left.
  } finally {
    socket.close();
    pool.push(buffer);
  }
}

const listener = Deno.listen(
  "unix" in place
    ? { transport: "unix", path: place.unix }
    : { hostname: "127.0.0.1", port: place.port },
);
for (;;) void answer(await listener.accept());
