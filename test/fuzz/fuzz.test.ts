/** Hostile connections for a few seconds; `bun run fuzz` makes them for as long as it is told. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { serveTargets, TestServer } from "../behaviour/targets.ts";
import { eventually } from "../support/eventually.ts";
import { attack, Watch } from "./client.ts";
import { openDescriptors } from "../support/process.ts";
import { connections } from "./mutations.ts";
import { FLAGS, unexplained } from "./oracle.ts";

/** Properties are checked one run at a time, and a run waits more than it works. */
const LANES = 24;
const RUNS = 20;
/** When no more connections are begun, so that a busy machine does not make the suite longer. */
const BUDGET_MS = 2500;
/** What a runtime may open for itself when it first needs it. */
const SPARE_DESCRIPTORS = 4;

const hostile = connections({ slow: 0, longWait: 200, lingers: false });

describe.each(serveTargets)("connections of any kind ($runtime, $socket)", (target) => {
  const server = TestServer.planned(target);
  let idle = 0;
  beforeAll(async () => {
    await server.start({ module: "test/fuzz/app.ts", args: FLAGS });
    for (let turn = 0; turn < 20; turn++) await server.ask("/hello");
    idle = openDescriptors(server.process.pid);
  });
  afterAll(() => server.stop());

  test("get nothing or one well-formed reply each, and the next request is served", async () => {
    await using watch = new Watch(server.address);
    const deadline = performance.now() + BUDGET_MS;
    const property = fc.asyncProperty(hostile, async (connection) => {
      if (performance.now() > deadline) return;
      const { complaint, excused } = await attack(server.address, connection, watch);
      if (complaint !== undefined && !excused) throw new Error(complaint);
    });
    const lane = () => fc.assert(property, { numRuns: RUNS });
    await Promise.all(Array.from({ length: LANES }, lane));
  });

  test("leave no descriptor, no handler and no stream behind", async () => {
    await eventually(
      () => openDescriptors(server.process.pid),
      (n) => n <= idle + SPARE_DESCRIPTORS,
    );
    await eventually(async () => (await server.ask("/live")).text, (live) => live === "0");
  });

  test("bring nothing to stderr but what they did and what the app throws on purpose", () => {
    expect(unexplained(server.complaints())).toEqual([]);
  });
});
