/**
 * The floor of an echo on Bun: the least framing over a socket of `Bun.listen`, without limits, checks,
 * fragments and backpressure.
 */

import process from "node:process";
import { BareFraming } from "./bare-framing.ts";

interface Socket {
  data: BareFraming;
  write(bytes: Uint8Array): number;
}

const { Bun } = globalThis as unknown as { Bun: { listen(options: object): void } };

Bun.listen({
  unix: process.argv[2]!,
  socket: {
    open(socket: Socket) {
      socket.data = new BareFraming((bytes) => void socket.write(bytes));
    },
    data: (socket: Socket, bytes: Buffer) => socket.data.push(bytes),
    close: (socket: Socket) => socket.data.close(),
  },
});
