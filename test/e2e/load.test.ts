/**
 * What the printed numbers promise, on web servers that are started with few file descriptors: that
 * many event streams are open at once, and that a client that reads nothing holds the app back.
 */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fetch as ask } from "../../src/client.ts";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/require.ts";
import { startServer } from "../support/server.ts";
import { startWebServer, type WebServer, webServers } from "../support/web-server.ts";

/** Without numbers of their own, the web servers stop at 506, 341 and 150. */
const MANY = 1500;

/** The soft limit of file descriptors that systemd sets. */
const FEW = 1024;

/** No more than so many connections wait to be accepted: the usual backlog is 511. */
const WAVE = 250;

/** An app whose client reads nothing makes no more than this. */
const MOST_BYTES = 64 * 2 ** 20;

/** A client that may read nothing. */
class Client implements Disposable {
  received = "";
  readonly socket: Socket;

  constructor(port: number, target: string) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.setEncoding("latin1").on("error", ({ message }) => (this.received += message));
    this.socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }

  /** Reads all that comes. */
  read(): this {
    this.socket.on("data", (text: string) => (this.received += text));
    return this;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

for (const name of webServers) {
  describeWith(
    name,
    `What scgi config ${name} prints, with ${FEW} descriptors at the start`,
    () => {
      const started = new AsyncDisposableStack();
      let web: WebServer;
      let listen: string;
      beforeAll(async () => {
        listen = `127.0.0.1:${await freePort()}`;
        const module = "test/e2e/load/app.ts";
        started.use(await startServer({ runtime: "bun", module, listen, descriptors: FEW }));
        web = started.use(await startWebServer(name, { listen, connections: MANY }, FEW));
      }, 30_000);
      afterAll(() => started.disposeAsync(), 30_000);
      /** Asks the app itself, since the web server may be full. */
      const app = async (target: string): Promise<number> =>
        (await ask(`http://localhost${target}`, { to: listen })).json();

      /** Waits until the app makes no more for a second, and has made little. */
      const isHeldBack = async (target: string): Promise<void> => {
        using _client = new Client(web.port, target);
        const made = () => app(`/made?path=${target.split("?")[0]}`);
        await eventually(made, (bytes) => bytes > 0);
        for (let before = -1, quiet = 0; quiet < 10; await sleep(100)) {
          const bytes = await made();
          expect(bytes).toBeLessThan(MOST_BYTES);
          quiet = bytes === before ? quiet + 1 : 0;
          before = bytes;
        }
      };

      test("holds the app back where clients do not read its streams, of any kind", async () => {
        await Promise.all([
          isHeldBack("/endless"),
          isHeldBack("/buffered?x-accel-buffering=yes"),
          isHeldBack("/long?content-length=100000000000"),
          isHeldBack("/event-stream?content-type=text/event-stream"),
        ]);
      }, 60_000);

      test(`has ${MANY} event streams open at once, and all of them tick`, async () => {
        using clients = new DisposableStack();
        const all: Client[] = [];
        const have = (text: string, count: number) =>
          eventually(
            () => all.filter(({ received }) => received.includes(text)).length,
            (number) => number === count,
          );
        while (all.length < MANY) {
          for (let at = 0; at < WAVE; at++) {
            all.push(clients.use(new Client(web.port, "/events").read()));
          }
          await have("data: open", all.length);
        }
        expect(await app("/tick")).toBe(MANY);
        await have("data: tick", MANY);
      }, 60_000);
    },
  );
}
