/**
 * HTTP servers of a script that are not the app's: of `node:http` before and after `Bun.serve` or
 * `Deno.serve`, one that listens again, one on a Unix socket, of `node:http2`, and with a WebSocket of
 * `ws` on Bun. `neighbours.ts FOLDER` prints where they are, with each server's reply.
 */

import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import { connect, createServer as createServer2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Bun, Deno } = globalThis as any;
const folder = process.argv[2]!;
const seen: Record<string, unknown> = {};

/** A server that tells what it was asked for, as a handler of Express does. */
function make(name: string): Server {
  return createServer((incoming, outgoing) => {
    const parts: Uint8Array[] = [];
    incoming.on("data", (part: Uint8Array) => parts.push(part));
    incoming.on("end", () => {
      outgoing.statusCode = 201;
      outgoing.setHeader("X-Name", name);
      outgoing.end(`${name} ${incoming.method} ${incoming.url} ${parts.join("")}`);
    });
  });
}

async function listen(server: Server, ...at: unknown[]): Promise<number> {
  await once(server.listen(...at as []), "listening");
  return (server.address() as AddressInfo).port;
}

const get = async (port: number, init?: RequestInit) => {
  const response = await fetch(`http://127.0.0.1:${port}/metrics?x=1`, init);
  return [response.status, response.headers.get("x-name"), await response.text()];
};

const before = make("before");
seen.before = await get(await listen(before, 0, "127.0.0.1"));

if (Bun !== undefined) Bun.serve({ fetch: () => new Response("the app") });
else Deno.serve(() => new Response("the app"));

const after = make("after");
const port = await listen(after, { port: 0, host: "127.0.0.1" });
seen.after = await get(port, { method: "POST", body: "a body" });
seen.address = { ...after.address() as AddressInfo, port: 0 };

// Closed, and opened again at the same port.
await new Promise((resolve) => after.close(resolve));
seen.closed = await get(port).then(() => "answers", () => "refused");
seen.again = [await listen(after, port, "127.0.0.1") === port, await get(port)];

const busy = make("busy");
const failed = once(busy, "error");
busy.listen(port, "127.0.0.1");
seen.busy = (await failed)[0].code;

const path = join(folder, `${process.pid}.sock`);
const unix = make("unix");
await once(unix.listen(path), "listening");
seen.unix = [
  unix.address() === path,
  await new Promise((resolve) =>
    httpRequest({ socketPath: path, path: "/u" }, (incoming) => {
      incoming.setEncoding("utf8").on("data", resolve);
    }).end()
  ),
];

const second = createServer2((_, outgoing) => outgoing.end("second"));
await once(second.listen(0, "127.0.0.1"), "listening");
const session = connect(`http://127.0.0.1:${(second.address() as AddressInfo).port}`);
seen.http2 = await new Promise((resolve) =>
  session.request({ ":path": "/" }).setEncoding("utf8").on("data", resolve).end()
);
session.close();

if (Bun !== undefined) {
  // A part of Bun.
  const { WebSocketServer } = await import("ws" as string);
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  sockets.on(
    "connection",
    (socket: { on: (...args: unknown[]) => void; send(text: string): void }) =>
      socket.on("message", (text: unknown) => socket.send(`echo of ${text}`)),
  );
  await once(sockets, "listening");
  const socket = new WebSocket(`ws://127.0.0.1:${sockets.address().port}/`);
  await once(socket, "open");
  socket.send("hello");
  seen.socket = (await once(socket, "message"))[0].data;
  socket.close();
  await new Promise((resolve) => sockets.close(resolve));
}

second.close();
for (const server of [before, unix, after]) server.unref();
// The port stays open, and the app alone holds the process.
console.log(JSON.stringify({ seen, port }));
