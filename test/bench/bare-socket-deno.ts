/** The same floor on Deno, over a socket of `Deno.listen`. */

import { Buffer } from "node:buffer";
import { BareFraming } from "./bare-framing.ts";

interface Socket {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

const { Deno } = globalThis as unknown as {
  Deno: { args: string[]; listen(options: object): { accept(): Promise<Socket> } };
};

async function serve(socket: Socket): Promise<void> {
  const framing = new BareFraming((bytes) => void socket.write(bytes).catch(() => {}));
  const buffer = Buffer.alloc(65_536);
  try {
    for (;;) {
      const count = await socket.read(buffer);
      if (count === null) break;
      framing.push(buffer.subarray(0, count));
    }
  } catch {
    // The peer has left.
  }
  framing.close();
  socket.close();
}

const listener = Deno.listen({ transport: "unix", path: Deno.args[0]! });
for (;;) void serve(await listener.accept());
