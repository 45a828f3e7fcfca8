/**
 * Hostile clients, in a process of their own so that they take no time from who measures:
 *
 *     bun clients.ts ADDRESS PID TRICKLING SILENT UNREADING
 *
 * Says "connected" when the server's process holds all of them, and keeps every connection whatever
 * the server does.
 */

import { connect, type Socket } from "node:net";
import process from "node:process";
import { parseAddress } from "../../src/address.ts";
import { encodeHead } from "../../src/protocol.ts";
import { openUnreading } from "./unreading.ts";
import { openDescriptors } from "../support/process.ts";

/** So many connect before the server has to have accepted them, because a backlog is short. */
const STEP = 100;
const RETRY_MS = 5;
/** The longest that is waited for that, once: the first may be gone before the last have come. */
const STEP_MS = 2000;
/** How often one in so many of the trickling clients sends a byte. */
const SLOT_MS = 50;
const SLOTS = 1000 / SLOT_MS;

/** The begin of a head that nobody will see the end of. */
const HEAD = `60000:CONTENT_LENGTH\x000\0SCGI\x001\0X\0${"x".repeat(1000)}`;
const REQUEST = encodeHead(0, [["REQUEST_METHOD", "GET"], ["REQUEST_URI", "/endless"]]);

const [address = "", pid = "", ...counts] = process.argv.slice(2);
const [trickling = 0, silent = 0, unreading = 0] = counts.map(Number);
const at = parseAddress(address);
/** With how much each has sent. */
const tricklers: { socket: Socket; sent: number }[] = [];

async function open(): Promise<Socket> {
  while (true) {
    const socket = "unix" in at
      ? connect({ path: at.unix, allowHalfOpen: true })
      : connect({ ...at as { port: number }, host: "127.0.0.1", allowHalfOpen: true });
    const there = await new Promise<boolean>((resolve) => {
      socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    });
    if (there) return socket;
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}

const kinds: Record<string, { count: number; open(): Promise<unknown> }> = {
  trickling: {
    count: trickling,
    open: async () => tricklers.push({ socket: await open(), sent: 0 }),
  },
  silent: { count: silent, open },
  unreading: { count: unreading, open: () => openUnreading(at, REQUEST) },
};

/** All of them, those of each kind spread among the others. */
const clients = Object.values(kinds)
  .flatMap(({ count, open }) =>
    Array.from({ length: count }, (_, index) => ({ at: (index + 1) / count, open }))
  )
  .sort((one, other) => one.at - other.at);

let turn = 0;
setInterval(() => {
  for (let index = turn++ % SLOTS; index < tricklers.length; index += SLOTS) {
    const trickler = tricklers[index]!;
    trickler.socket.write(HEAD[trickler.sent++ % HEAD.length]!);
  }
}, SLOT_MS);

const before = openDescriptors(Number(pid));
let complete = true;
for (let next = 0; next < clients.length; next += STEP) {
  await Promise.all(clients.slice(next, next + STEP).map(({ open }) => open()));
  const deadline = performance.now() + STEP_MS;
  while (complete && openDescriptors(Number(pid)) < before + next) {
    complete = performance.now() < deadline;
    await pause();
  }
}
console.log("connected");
