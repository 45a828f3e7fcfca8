/** The floor of a call on Bun: a socket of `Bun.connect` that sends a canned request. */

import process from "node:process";
import { obey } from "./client-calls.ts";
import { requestHead, scenarios } from "./scenarios.ts";

interface Socket {
  data: { text: string; resolve(text: string): void; reject(error: Error): void };
  write(bytes: Uint8Array): number;
}

const { Bun } = globalThis as unknown as {
  Bun: { connect(options: object): Promise<void> };
};
const head = Buffer.from(requestHead(scenarios.hello), "latin1");
const unix = process.argv[2]!;
const decoder = new TextDecoder();

const socket = {
  open: (socket: Socket) => void socket.write(head),
  data: (socket: Socket, bytes: Uint8Array) => void (socket.data.text += decoder.decode(bytes)),
  close: ({ data }: Socket) => data.resolve(data.text),
  error: ({ data }: Socket, error: Error) => data.reject(error),
};

await obey(() =>
  new Promise((resolve, reject) => {
    Bun.connect({ unix, socket, data: { text: "", resolve, reject } }).catch(reject);
  })
);
