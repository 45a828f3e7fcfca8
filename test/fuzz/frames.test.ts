/** Hostile frames for a few seconds; `bun run fuzz` sends them for as long as it is told. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { serveTargetsOnce, TestServer } from "../behaviour/targets.ts";
import { eventually } from "../support/eventually.ts";
import { openDescriptors } from "../support/process.ts";
import { Watch } from "./client.ts";
import { Bystanders, converse } from "./frames/client.ts";
import { talks } from "./frames/talks.ts";
import { FLAGS, unexplained } from "./oracle.ts";

/** A run waits more than it works. */
const LANES = 16;
const RUNS = 20;
/** The same talks each time, as a failure of CI should be one of the change. */
const SEED = 6455;
/** When no more sockets are opened, so that a busy machine does not make the suite longer. */
const BUDGET_MS = 2500;
/** What a runtime may open for itself when it first needs it. */
const SPARE_DESCRIPTORS = 4;

describe.each(serveTargetsOnce)("frames of any kind ($runtime, $socket)", (target) => {
  const server = TestServer.planned(target);
  let idle = 0;
  beforeAll(async () => {
    await server.start({ module: "test/fuzz/frames/app.ts", args: FLAGS });
    for (let turn = 0; turn < 20; turn++) await server.ask("/hello");
    idle = openDescriptors(server.process.pid);
  });
  afterAll(() => server.stop());

  test("get what they ask for, or a close code, and sockets beside them go on", async () => {
    await using watch = new Watch(server.address);
    await using beside = new Bystanders(server.address, 3);
    const deadline = performance.now() + BUDGET_MS;
    const property = fc.asyncProperty(talks, async (talk) => {
      if (performance.now() > deadline) return;
      const { complaint, excused } = await converse(server.address, talk, watch);
      if (complaint !== undefined && !excused) throw new Error(complaint);
    });
    const lane = (_: unknown, index: number) =>
      fc.assert(property, { numRuns: RUNS, seed: SEED + index });
    await Promise.all(Array.from({ length: LANES }, lane));
    await beside[Symbol.asyncDispose]();
    expect(beside.complaints).toEqual([]);
    expect(beside.echoes).toBeGreaterThan(3);
  }, 60_000);

  test("leave no descriptor and no socket behind", async () => {
    await eventually(
      () => openDescriptors(server.process.pid),
      (n) => n <= idle + SPARE_DESCRIPTORS,
    );
    await eventually(async () => (await server.ask("/live")).text, (live) => live === "0");
  });

  test("bring nothing to stderr", () => {
    expect(unexplained(server.complaints())).toEqual([]);
  });
});
