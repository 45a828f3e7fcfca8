/** An app that is served over SCGI and by `@hono/node-server` in one process of Node. */

import { describe, expect, test } from "bun:test";
import { runtimes, spawnScript } from "../support/server.ts";

const describeOnNode = runtimes.includes("node") ? describe : describe.skip;

interface Pair {
  name: string;
  replies: unknown[];
}

describeOnNode("An app beside @hono/node-server, which replaces Request and Response,", () => {
  for (const order of ["hono-first", "scgi-first"]) {
    test(`answers over SCGI what it answers over HTTP (${order})`, async () => {
      const child = spawnScript("node", ["test/server/apps/other-server.ts", order]);
      const status = await child.exited;
      expect([status, child.stderr]).toEqual([0, ""]);
      const pairs = child.stdout.trim().split("\n").map((line) => JSON.parse(line) as Pair);
      expect(pairs.length).toBeGreaterThan(10);
      for (const { name, replies: [http, scgi] } of pairs) {
        expect({ name, reply: scgi }).toEqual({ name, reply: http });
      }
    }, 30_000);
  }
});
