/** The chat, behind nginx with the example's own lines. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveBehind } from "../support/behind.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/require.ts";
import { root } from "../support/root.ts";
import { servingRuntimes } from "../support/server.ts";

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

    test("refuses the pages of other sites", async () => {
      let refused = false;
      await enter("a", { origin: "https://other.test" }).catch(() => refused = true);
      expect(refused).toBe(true);
    });

    test("has a page", async () => {
      const reply = await fetch(running().front.origin);
      expect(await reply.text()).toContain("new WebSocket");
    });
  });
}
