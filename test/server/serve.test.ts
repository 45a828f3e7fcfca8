/** The object that `serve()` returns. */

import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import type { App } from "../../src/server/handler.ts";
import type { ServeOptions } from "../../src/server/options.ts";
import { serve } from "../../src/server/serve.ts";
import type { Server } from "../../src/server/server.ts";
import { ask } from "../behaviour/client.ts";
import { request } from "../support/wire.ts";

test("a server shows its public members alone", async () => {
  const server = serve(() => new Response("Hello"), { port: 0 });
  await server.ready;
  expect(Object.keys(server).sort()).toEqual(["finished", "ready"]);
  const prototype = Object.getPrototypeOf(server);
  expect(Object.getOwnPropertyNames(prototype).sort())
    .toEqual(["addr", "addrs", "constructor", "ref", "shutdown", "stats", "unref"]);
  await server.shutdown();
});

/** A server on a free port, and a connection to it with a request. */
async function started(
  app: App,
  options: ServeOptions,
  bytes: string = request(),
): Promise<{ server: Server; socket: Socket; reply: Promise<string> }> {
  const server = serve(app, { port: 0, onError: () => undefined, ...options });
  await server.ready;
  const { port } = server.addr as { port: number };
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const reply = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (bytes) => text += String(bytes)).on("end", () => resolve(text));
  });
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  return { server, socket, reply };
}

const stuck = (): Promise<Response> => new Promise(() => {});

test("a handler over its time is 504 to a client with half a close, too", async () => {
  const { server, socket, reply } = await started(stuck, { requestTimeout: 100 });
  socket.end();
  expect(await reply).toStartWith("Status: 504 ");
  await server.shutdown();
});

test("a shutdown that waits no longer is 503 to a client with half a close, too", async () => {
  const { server, socket, reply } = await started(stuck, { shutdownTimeout: 100 });
  socket.end();
  await server.shutdown();
  expect(await reply).toStartWith("Status: 503 ");
});

test("shutdown() that is called again waits no longer than the first call", async () => {
  const { server, socket, reply } = await started(stuck, { shutdownTimeout: 300 });
  const again = setInterval(() => void server.shutdown(), 100);
  const before = performance.now();
  const giveUp = setTimeout(() => clearInterval(again), 3000);
  await server.shutdown();
  clearInterval(again);
  clearTimeout(giveUp);
  expect(performance.now() - before).toBeLessThan(2500);
  expect(await reply).toStartWith("Status: 503 ");
  socket.end();
});

test("the last responses have their time also where shutdown() is called meanwhile", async () => {
  const app = ({ signal }: Request): Promise<Response> =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const onError = (): Promise<Response> => Bun.sleep(100).then(() => new Response("last"));
  const { server, socket, reply } = await started(app, { shutdownTimeout: 0, onError });
  const stopped = server.shutdown();
  await Bun.sleep(60);
  await Promise.all([server.shutdown({ timeout: 0 }), stopped]);
  expect(await reply).toEndWith("last");
  socket.end();
});

test("a shutdownTimeout longer than a timer waits for requests", async () => {
  const app = () => Bun.sleep(100).then(() => new Response("late"));
  const { server, socket, reply } = await started(app, { shutdownTimeout: 2 ** 31 });
  await server.shutdown();
  expect(await reply).toStartWith("Status: 200 ");
  socket.end();
});

test("without drainTimeout a handler reads on slowly after its response", async () => {
  let read!: (text: string) => void;
  const whole = new Promise<string>((resolve) => read = resolve);
  const app = ({ body }: Request): Response => {
    void (async () => {
      let text = "";
      try {
        for await (const bytes of body!) {
          text += new TextDecoder().decode(bytes);
          await Bun.sleep(50);
        }
      } catch (error) {
        text += error;
      }
      read(text);
    })();
    return new Response("early");
  };
  const options = { drainTimeout: 0, headTimeout: 40 };
  const bytes = request(["REQUEST_METHOD", "POST"], "12345");
  const { server, socket } = await started(app, options, bytes.slice(0, -4));
  for (const byte of "2345") {
    await Bun.sleep(60);
    socket.write(byte);
  }
  expect(await whole).toBe("12345");
  socket.end();
  await server.shutdown();
});

test("an app that breaks Headers itself loses its connection, and no more", async () => {
  const app = () => new Response("Hello", { headers: { "x-own": "1" } });
  const server = serve(app, { port: 0, onError() {} });
  await server.ready;
  const { port } = server.addr as { port: number };
  const { forEach } = Headers.prototype;
  Headers.prototype.forEach = () => {
    throw new Error("broken");
  };
  const broken = await ask(`127.0.0.1:${port}`, "/").then(() => "answered", () => "closed");
  Headers.prototype.forEach = forEach;
  expect(broken).toBe("closed");
  expect((await ask(`127.0.0.1:${port}`, "/")).status).toBe(200);
  await server.shutdown();
});
