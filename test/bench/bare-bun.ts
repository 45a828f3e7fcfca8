/** The floor on Bun: a socket of `Bun.listen` that answers any bytes with a canned reply. */

import process from "node:process";
import { type Bare, cannedReply } from "./bare-shape.ts";

/** The part of Bun's socket that is used; Deno's type checker does not know it. */
interface Socket {
  data: { received: number; written: number; rest: Uint8Array };
  write(bytes: Uint8Array): number;
  end(): void;
}

const bare = JSON.parse(process.argv[2]!) as Bare;
const { place, wanted, writes } = bare;
const { first, next } = cannedReply(bare);
const { Bun } = globalThis as unknown as { Bun: { listen(options: object): void } };

function nothing(): void {}

/** For requests that come at once, and replies that leave at once. */
const short = {
  open: nothing,
  data(socket: Socket) {
    socket.write(first);
    socket.end();
  },
  drain: nothing,
};

/** For all others. */
const long = {
  open(socket: Socket) {
    socket.data = { received: 0, written: 0, rest: first };
  },
  data(socket: Socket, bytes: Uint8Array) {
    socket.data.received += bytes.length;
    if (socket.data.received >= wanted) send(socket);
  },
  drain: send,
};

function send(socket: Socket): void {
  const { data } = socket;
  if (data.received < wanted || data.written === writes) return;
  while (data.written < writes) {
    const count = socket.write(data.rest);
    if (count < 0) return;
    if (count < data.rest.length) {
      data.rest = data.rest.subarray(count);
      return;
    }
    data.written += 1;
    data.rest = next;
  }
  socket.end();
}

const isShort = wanted === 0 && writes === 1 && first.length < 65536;
Bun.listen({
  ..."unix" in place ? place : { hostname: "127.0.0.1", ...place },
  allowHalfOpen: true,
  socket: { ...(isShort ? short : long), end: nothing, close: nothing, error: nothing },
});
