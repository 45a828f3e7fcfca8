/** Clients that are gone again before they were accepted. */

import { expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { describeTargets } from "../behaviour/targets.ts";
import { eventually } from "../support/eventually.ts";

const RESETS = 100;
/** Half of what they would take if each cost a retry of `sockets/deno.ts`, which waits 200 ms. */
const LONGEST_MS = RESETS * 200 / 2;

describeTargets("clients that reset before they are accepted", {
  module: "test/behaviour/app.ts",
}, (server) => {
  test("hold nobody up", async () => {
    // Meanwhile nobody is accepted.
    const block = await server.begin("/block/400");
    await eventually(server.process.stdout, (text) => text.includes("blocking"));
    await Promise.all(Array.from({ length: RESETS }, async () => {
      const peer = await server.open();
      if (server.socket === "TCP") peer.reset();
      else peer.leave();
    }));
    await block.reply();
    const reply = server.ask("/hello").then(({ text }) => text);
    expect(await Promise.race([reply, sleep(LONGEST_MS)])).toBe("Hello\n");
  });
});
