/** What Node's sockets do that src/runtime/sockets/node-reads.ts relies on: each has its reason there. */

import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { node } from "../../support/node.ts";

const SCRIPT = `
const { Socket, connect, createServer } = require("node:net");
const memory = new Uint8Array(4);
const callback = () => true;
const generator = () => memory;
const parts = (buffer) => {
  const socket = new Socket({ onread: { buffer, callback } });
  return Object.getOwnPropertySymbols(socket).map((key) => [socket[key], key]);
};
const fixed = new Map(parts(memory));
const keys = [fixed.get(memory), fixed.get(callback), new Map(parts(generator)).get(generator)];
const seen = [];
const server = createServer((socket) => {
  [socket[keys[0]], socket[keys[2]]] = [memory, generator];
  socket[keys[1]] = (count, bytes) => {
    seen.push(bytes === memory, String.fromCharCode(...bytes.subarray(0, count)));
  };
  socket._handle.useUserBuffer(memory);
  socket.on("end", () => console.log(JSON.stringify(seen))).on("close", () => server.close());
}).listen(0, "127.0.0.1", () => connect(server.address().port, "127.0.0.1").end("abcdef"));
`;

test.skipIf(node === undefined)(
  "net.Socket (sockets/node-reads.ts) > an accepted socket takes what onread sets, and ends without a reader",
  () => {
    const { stdout, stderr } = spawnSync(node!, ["-e", SCRIPT], { encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: '[true,"abcd",true,"ef"]\n', stderr: "" });
  },
);
