/** The floor of a call on Deno: a connection of `Deno.connect` that sends a canned request. */

import { obey } from "./client-calls.ts";
import { requestHead, scenarios } from "./scenarios.ts";

interface Socket {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

const { Deno } = globalThis as unknown as {
  Deno: { args: string[]; connect(options: object): Promise<Socket> };
};
const head = new TextEncoder().encode(requestHead(scenarios.hello));
const decoder = new TextDecoder();
const pool: Uint8Array[] = [];

await obey(async () => {
  const socket = await Deno.connect({ transport: "unix", path: Deno.args[0]! });
  const buffer = pool.pop() ?? new Uint8Array(16_384);
  await socket.write(head);
  let text = "";
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count));
  }
  socket.close();
  pool.push(buffer);
  return text;
});
