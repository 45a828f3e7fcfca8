/** Many WebSockets through nginx, and many messages: none is lost. test/load/websockets.ts has the rate. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type EchoClient, openMany } from "../support/echo-client.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/require.ts";
import { freePort } from "../support/address.ts";
import { runtimes, startServer } from "../support/server.ts";
import { startWebServer, type WebServer } from "../support/web-server.ts";

const module = "test/behaviour/websocket-app.ts";
/** Sockets that are open at a time. */
const SOCKETS = 1000;
/** Messages, over so many of them. */
const MESSAGES = 20_000;
const SPEAKERS = 100;
/** Messages in one write. */
const BURST = 20;

for (const runtime of runtimes) {
  describeWith("nginx", `${SOCKETS} WebSockets (${runtime})`, () => {
    const started = new AsyncDisposableStack();
    let web: WebServer;
    let clients: EchoClient[] = [];
    beforeAll(async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      started.use(await startServer({ runtime, module, listen }));
      web = started.use(await startWebServer("nginx", { listen, connections: SOCKETS + 100 }));
      clients = await openMany(web.port, SOCKETS, (index) => `/echo?id=many${index}`);
    }, 60_000);
    afterAll(async () => {
      for (const client of clients) client[Symbol.dispose]();
      await started.disposeAsync();
    }, 60_000);

    test(
      `lose none of ${MESSAGES} messages, and none comes twice or out of its order`,
      async () => {
        const each = MESSAGES / SPEAKERS;
        const speakers = clients.slice(0, SPEAKERS);
        let wrong = 0, came = 0;
        for (const client of speakers) {
          let next = 0;
          client.onText = (text) => {
            if (text !== `message ${next++}`) wrong++;
            came++;
          };
        }
        for (let from = 0; from < each; from += BURST) {
          const texts = Array.from({ length: BURST }, (_, index) => `message ${from + index}`);
          for (const client of speakers) client.send(...texts);
        }
        await eventually(() => came, (count) => count >= MESSAGES);
        expect([came, wrong]).toEqual([MESSAGES, 0]);
      },
      60_000,
    );

    test("all echo afterwards, those that were silent as well", async () => {
      const echoes = await Promise.all(
        clients.map((client, index) => client.echo(`last ${index}`)),
      );
      expect(echoes).toEqual(clients.map((_, index) => `last ${index}`));
      expect(web.errors()).toEqual([]);
    }, 60_000);
  });
}
