/** Thousands of clients that are slow, silent or do not read, all at once. */

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../support/child.ts";
import { serveTargets, type Target, TestServer } from "../behaviour/targets.ts";
import { Clients, socketsOf } from "./measure.ts";

const [TRICKLING, SILENT, UNREADING] = [2000, 2000, 500];
const HOSTILE = TRICKLING + SILENT + UNREADING;
const ORDINARY = 2;
const QUIET_MS = 1000;
const STAY_MS = 1000;
/** What waits of a reply that nobody reads is a piece of this size; others hold less than that. */
const MIB_EACH = 1 / 16;
const MOST_TIMES_SLOWER = 10;
/** A machine that is busy with something else is slow at times, with hostile clients or without. */
const ATTEMPTS = 4;
const root = join(import.meta.dirname, "../..");

interface Outcome {
  /** What ordinary clients saw as an error. */
  failures: string[];
  /** How long ordinary clients waited without them and with all of them: the 99th percentile, ms. */
  quiet: number;
  loaded: number;
  /** How much memory the server took more, in MiB. */
  grown: number;
  /** Connections that were left after all time-outs. */
  left: number;
}

/**
 * Lets hostile clients come, stay until their time-outs, and lose their connections. Gives nothing
 * where the first of them were gone before the last had come.
 */
async function siege(target: Target, timeout: number): Promise<Outcome | undefined> {
  await using server = await TestServer.started(target, {
    module: "test/hostile/app.ts",
    args: [
      ...["--head-timeout", String(timeout), "--write-timeout", String(timeout)],
      ...["--drain-timeout", "400", "--max-connections", String(2 * HOSTILE)],
    ],
  });
  const { pid } = server.process;
  const idle = socketsOf(pid);
  const clients = new Clients(ORDINARY, async () => {
    const { text } = await server.ask("/hello");
    if (text !== "Hello\n") throw new Error(text);
  });
  await sleep(QUIET_MS / 2);
  clients.p99();
  await sleep(QUIET_MS);
  const quiet = clients.p99();
  const before = server.memory();

  const counts = [TRICKLING, SILENT, UNREADING].map(String);
  const words = ["test/hostile/clients.ts", server.address, String(pid), ...counts];
  const hostile = new Child(process.execPath, words, { cwd: root });
  try {
    await hostile.until(() => hostile.stdout.includes("connected"), "all were connected");
    clients.p99();
    await sleep(STAY_MS);
    const loaded = clients.p99();
    const together = socketsOf(pid) - idle;
    if (together < HOSTILE) return undefined;
    let most = server.memory();
    const deadline = performance.now() + 2 * timeout + 10_000;
    while (socketsOf(pid) > idle + ORDINARY && performance.now() < deadline) {
      most = Math.max(most, server.memory());
      await sleep(50);
    }
    clients.p99();
    await sleep(QUIET_MS);
    const quietAgain = clients.p99();
    await clients.stop();
    while (socketsOf(pid) > idle && performance.now() < deadline) await sleep(20);
    return {
      failures: clients.failures,
      quiet: Math.max(quiet, quietAgain),
      loaded,
      grown: most - before,
      left: socketsOf(pid) - idle,
    };
  } finally {
    await clients.stop();
    await hostile.stop();
  }
}

// Seven seconds each: one kind of socket a runtime.
const besieged = serveTargets.filter(({ runtime, socket }) =>
  socket === (runtime === "bun" ? "TCP" : "Unix")
);

describe.each(besieged)("4,500 hostile clients ($runtime, $socket)", (target) => {
  test(
    "leave ordinary ones answered and memory bounded, and are gone after their time-outs",
    async () => {
      let outcome: Outcome | undefined;
      for (let attempt = 0, timeout = 3000; attempt < ATTEMPTS; attempt++) {
        outcome = await siege(target, timeout);
        if (outcome === undefined) timeout *= 2;
        else if (outcome.loaded < MOST_TIMES_SLOWER * outcome.quiet) break;
      }
      if (outcome === undefined) throw new Error("They were never all there at the same time");
      const { failures, quiet, loaded, grown, left } = outcome;
      expect(failures).toEqual([]);
      expect(loaded).toBeLessThan(MOST_TIMES_SLOWER * quiet);
      expect(grown).toBeLessThan(HOSTILE * MIB_EACH);
      expect(left).toBe(0);
    },
    120_000,
  );
});
