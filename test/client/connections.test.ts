/** Connections of the client, their ends and their time limits, over each kind of socket. */

import { describe, expect, test } from "bun:test";
import { fetch } from "../../src/client.ts";
import type { ScgiError } from "../../src/errors.ts";
import { Answering, kinds } from "../support/answering.ts";
import { eventually } from "../support/eventually.ts";

const WHOLE = "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nwhole";
const noneOpen = (server: Answering) => eventually(() => server.open, (open) => open === 0);
const silent = () => {};

for (const kind of kinds) {
  describe(`over ${kind}`, () => {
    test("a reply that is whole ends the connection, though its server does not", async () => {
      await using server = await Answering.start((socket) => void socket.write(WHOLE), kind);
      const start = performance.now();
      const response = await fetch("http://h/", { to: server.address });
      await noneOpen(server);
      expect(performance.now() - start).toBeLessThan(900);
      expect([response.bodyUsed, await response.text(), response.bodyUsed]).toEqual([
        ...[false, "whole", true],
      ]);
    });

    test("a reply that is whole has bytes of its own", async () => {
      await using server = await Answering.start(WHOLE, kind);
      const ask = () => fetch("http://h/", { to: server.address });
      const [first, second] = await Promise.all([ask(), ask()]);
      const bytes = new Uint8Array(await first.arrayBuffer());
      expect([bytes.length, bytes.buffer.byteLength]).toEqual([5, 5]);
      bytes.fill(0);
      expect(await second.clone().text()).toBe("whole");
      expect((await second.blob()).type).toMatch(/^text\/plain/);
    });

    test("a signal that aborts before there is a connection ends it", async () => {
      await using server = await Answering.start(silent, kind);
      const controller = new AbortController();
      const asked = fetch("http://h/", { to: server.address, signal: controller.signal });
      controller.abort(new Error("given up"));
      expect(await asked.catch((error: Error) => error.message)).toBe("given up");
      await noneOpen(server);
    });

    test("each request is given up after its own time", async () => {
      await using server = await Answering.start(silent, kind);
      const start = performance.now();
      const order: number[] = [];
      const limits = [240, 60, 150, 60, 60_000];
      const controller = new AbortController();
      const { signal } = controller;
      const all = limits.map(async (replyTimeout) => {
        const init = { to: server.address, replyTimeout, signal };
        const { code } = await fetch("http://h/", init).catch((error) => error) as ScgiError;
        if (code !== "REPLY_TIMEOUT") return;
        order.push(replyTimeout);
        expect(performance.now() - start).toBeGreaterThan(replyTimeout - 5);
      });
      await Promise.all(all.slice(0, 4));
      expect(order).toEqual([60, 60, 150, 240]);
      controller.abort();
      await Promise.all(all);
      expect(order.length).toBe(4);
    });
  });
}
