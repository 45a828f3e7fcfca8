/** What is left of a request when its reply was given, or when its client leaves. */

import { expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { describeTargets, newId } from "./targets.ts";

const MIB = 1048576;

describeTargets(
  "an upload that stops beside a reply that still leaves",
  { args: ["--drain-timeout", "300"] },
  (server) => {
    test("does not cut that reply short", async () => {
      const peer = await server.begin("/piece/24", { length: 1000 });
      peer.keep = false;
      for (let turn = 0; turn < 15; turn++) {
        peer.pause();
        await sleep(80);
        peer.resume();
        await sleep(2);
      }
      const ending = await peer.ended;
      expect(peer.count).toBeGreaterThan(24 * MIB);
      expect(ending).toBe("end");
    });
  },
);

describeTargets("a client that leaves in the middle of the body of a GET", {}, (server) => {
  test("aborts the signal", async () => {
    const id = newId();
    const peer = await server.begin(`/reject-with-reason/${id}`, { method: "GET", length: 1000 });
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    await server.saw(id, ({ aborts }) => aborts === 1);
  });
});
