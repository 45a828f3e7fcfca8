/** The chat, behind nginx with the example's own lines. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveBehind } from "../support/behind.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/require.ts";
import { root } from "../support/root.ts";
import { freePort } from "../support/address.ts";
import { runtimes, servingRuntimes, startServer } from "../support/server.ts";

const lines = readFileSync(join(root, "examples/chat/nginx.conf"), "utf8");

for (const runtime of servingRuntimes) {
  describeWith("nginx", `the chat (nginx, ${runtime})`, () => {
    const running = serveBehind((listen) => ({
      app: { runtime, module: "examples/chat/app.ts", listen },
      web: "nginx",
      lines: lines.replace("127.0.0.1:4000", listen),
    }));

    /** Enters a room, and gives the texts that came. */
    async function enter(room: string, headers: Record<string, string> = {}) {
      const url = `${running().front.origin.replace("http", "ws")}/rooms/${room}`;
      const socket = new WebSocket(url, { headers } as never);
      const texts: string[] = [];
      socket.addEventListener("message", ({ data }) => texts.push(data));
      await new Promise((resolve, reject) => {
        socket.addEventListener("open", resolve);
        socket.addEventListener("close", reject);
      });
      return { socket, texts };
    }

    test("passes a text on to all in its room, and to nobody else", async () => {
      const [ada, bob, eve] = [await enter("a"), await enter("a"), await enter("b")];
      ada.socket.send("hello");
      eve.socket.send("alone");
      for (const { texts } of [ada, bob]) {
        expect(await eventually(() => texts, ({ length }) => length > 0)).toEqual(["hello"]);
      }
      expect(await eventually(() => eve.texts, ({ length }) => length > 0)).toEqual(["alone"]);
      for (const { socket } of [ada, bob, eve]) socket.close();
    });

    test("lets its own page in, and refuses those of other sites", async () => {
      const own = await enter("a", { origin: running().front.origin });
      own.socket.close();
      for (const origin of ["https://other.test", "null"]) {
        let refused = false;
        await enter("a", { origin }).catch(() => refused = true);
        expect(refused).toBe(true);
        const reply = await fetch(`${running().front.origin}/rooms/a`, { headers: { origin } });
        expect(reply.status).toBe(403);
      }
    });

    test("has a page", async () => {
      const reply = await fetch(running().front.origin);
      expect(await reply.text()).toContain("new WebSocket");
    });
  });
}

for (const args of [[], ["--workers", "1"]]) {
  test.each([...runtimes])(
    `the chat without a web server, by --http ${args.join(" ")} (%s)`,
    async (runtime) => {
      const [listen, port] = [`127.0.0.1:${await freePort()}`, await freePort()];
      await using server = await startServer({
        runtime,
        module: "examples/chat/app.ts",
        listen,
        args: ["--http", `${port}`, ...args],
      });
      await eventually(server.stdout, (text) => text.includes("Open "));
      const [ada, bob] = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${port}/rooms/a`));
      await Promise.all(
        [ada!, bob!].map((socket) => new Promise((resolve) => socket.onopen = resolve)),
      );
      const text = new Promise((resolve) => bob!.onmessage = ({ data }) => resolve(data));
      ada!.send("hello");
      expect(await text).toBe("hello");
    },
    30_000,
  );
}
