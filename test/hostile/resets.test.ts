/** Clients that are gone again before they were accepted. */

import { expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { describeTargets } from "../behaviour/targets.ts";

const RESETS = 100;
/** Far less than a moment for each of them. */
const LONGEST_MS = 3000;

describeTargets("clients that reset before they are accepted", {
  module: "test/behaviour/app.ts",
}, (server) => {
  test("hold nobody up", async () => {
    // Meanwhile nobody is accepted.
    const block = await server.begin("/block/400");
    await sleep(100);
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
