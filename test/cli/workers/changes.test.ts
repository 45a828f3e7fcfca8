/** Workers that are killed, fail to start, or are replaced while something else happens as well. */

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { SAME_SIGNAL_MS } from "../../../src/cli/deadlines.ts";
import { eventually } from "../../support/eventually.ts";
import { runtimes } from "../../support/server.ts";
import {
  allAnswering,
  answering,
  BROKEN,
  BROKEN_SAYS,
  Cluster,
  Gates,
  inTime,
  isAlive,
  Load,
  moduleOf,
  ONE_WAITING,
  WAITING,
} from "./cluster.ts";

describe.each(runtimes)("workers that change (%s)", (runtime) => {
  const target = { runtime, socket: "Unix" } as const;

  test("are replaced later each time that they are killed", async () => {
    await using cluster = await Cluster.started(target);
    for (const delay of [100, 200, 400]) {
      const [killed = 0] = cluster.workers();
      const since = performance.now();
      process.kill(killed, "SIGKILL");
      await cluster.replaced([killed], 2);
      // A timer may be early by a fraction of a millisecond.
      expect(performance.now() - since).toBeGreaterThan(delay - 2);
      await eventually(() => cluster.ends().at(-1)?.pid, (pid) => pid === killed);
      expect(cluster.ends().at(-1)).toEqual({ pid: killed, how: "SIGKILL", delay });
    }
    expect(cluster.ends()).toHaveLength(3);
  });

  test("are tried again where they cannot start", async () => {
    await using cluster = await Cluster.started(target);
    const [killed = 0, other = 0] = cluster.workers();
    cluster.rewrite(BROKEN);
    process.kill(killed, "SIGKILL");
    await eventually(() => cluster.ends().length, (count) => count >= 2);
    expect(cluster.ends().slice(0, 2)).toMatchObject([
      { pid: killed, delay: 100 },
      { how: "status 1", delay: 200 },
    ]);
    expect(cluster.parent.stderr).toMatch(BROKEN_SAYS);
    expect((await cluster.who()).pid).toBe(other);
    cluster.rewrite(moduleOf("mended"));
    await eventually(() => cluster.who(), ({ version }) => version === "mended");
  });

  test("go on where SIGHUP finds a module that does not load, until it is mended", async () => {
    await using cluster = await Cluster.started(target);
    const old = cluster.workers();
    cluster.rewrite(BROKEN);
    cluster.parent.kill("SIGHUP");
    await cluster.says(
      /^scgi: the reload failed: \S+ could not be loaded: It is broken\. The old workers go on with the old code$/m,
    );
    expect(await allAnswering(cluster.address)).toEqual(old.toSorted());
    expect(cluster.workers()).toEqual(old);
    cluster.rewrite(moduleOf("mended"));
    cluster.parent.kill("SIGHUP");
    await cluster.says(/^Reloaded: 2 workers serve the new code$/m);
    await cluster.replaced(old);
    expect((await cluster.who()).version).toBe("mended");
    expect(cluster.parent.stdout.match(/^Reload.*$/gm)).toEqual([
      "Reloading on SIGHUP",
      "Reloading on SIGHUP",
      "Reloaded: 2 workers serve the new code",
    ]);
    expect(cluster.parent.stderr.match(BROKEN_SAYS)).toHaveLength(1);
  });

  test("are replaced by each SIGHUP, however soon they come, and no request is lost", async () => {
    await using cluster = await Cluster.started(target);
    const old = cluster.workers();
    const load = Load.raw(cluster);
    cluster.parent.kill("SIGHUP");
    const first = await eventually(
      () => cluster.workers().filter((pid) => !old.includes(pid)),
      (pids) => pids.length === 2,
    );
    cluster.parent.kill("SIGHUP");
    await cluster.replaced([...old, ...first], 2);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(cluster.parent.stderr).toBe("");
  });

  test("are replaced where one dies while SIGHUP waits for the other", async () => {
    await using cluster = await Cluster.started(target);
    const old = cluster.workers();
    cluster.rewrite(moduleOf("two", ONE_WAITING));
    cluster.parent.kill("SIGHUP");
    const pids = await eventually(
      () => answering(cluster.address),
      (pids) => pids.some((pid) => !old.includes(pid)),
    );
    const fresh = pids.find((pid) => !old.includes(pid))!;
    process.kill(fresh, "SIGKILL");
    await eventually(() => existsSync(`/proc/${fresh}`), (there) => !there);
    await cluster.begun(2);
    cluster.go();
    await eventually(() => old.filter(isAlive).length, (count) => count === 0);
    await eventually(() => cluster.workers().length, (count) => count === 2);
  });

  test("of before a SIGHUP finish their requests at SIGTERM, before their parent ends", async () => {
    await using cluster = await Cluster.started(target);
    const old = cluster.workers();
    const gates = await Gates.begun(cluster);
    await reloaded(cluster, old);
    cluster.workers();
    cluster.parent.kill("SIGTERM");
    await eventually(() => cluster.left(), (pids) => pids.every((pid) => old.includes(pid)));
    expect(old.filter(isAlive)).toEqual(old);
    // Who has started the parent takes its end for the end of all. It sees a later end first.
    const [first = 0, last = 0] = old;
    gates.open(first);
    await eventually(() => existsSync(`/proc/${first}`), (there) => !there);
    expect([cluster.parent.pid, last].filter(isAlive)).toEqual([cluster.parent.pid, last]);
    gates.open();
    expect(await gates.wrong()).toEqual([]);
    expect(await cluster.parent.exited).toBe(0);
    await eventually(() => cluster.left(), (pids) => pids.length === 0);
  });

  test("of before a SIGHUP end at once at a second SIGTERM as well", async () => {
    await using cluster = await Cluster.started(target);
    const old = cluster.workers();
    await Gates.begun(cluster);
    await reloaded(cluster, old);
    // The new ones have something to wait for as well.
    await Gates.begun(cluster);
    cluster.workers();
    cluster.parent.kill("SIGTERM");
    await cluster.says(/^Stopping on SIGTERM$/m);
    // A shell may pass the same signal on, so it takes a moment to count as the second.
    await sleep(2 * SAME_SIGNAL_MS);
    cluster.parent.kill("SIGTERM");
    await eventually(() => cluster.left(), (pids) => pids.length === 0);
    expect(await cluster.parent.exited).toBe(1);
  });

  test("and do not serve yet end at SIGTERM as the others do", async () => {
    await using cluster = await Cluster.started(target);
    const old = cluster.workers();
    cluster.rewrite(moduleOf("two", WAITING));
    cluster.parent.kill("SIGHUP");
    await cluster.begun();
    const fresh = cluster.workers().filter((pid) => !old.includes(pid));
    cluster.parent.kill("SIGTERM");
    expect(await inTime(cluster.parent.exited, "its end")).toBe(0);
    await eventually(() => fresh.filter(isAlive), (pids) => pids.length === 0);
  });
});

/** Waits until workers of the same code have taken over. */
async function reloaded(cluster: Cluster, old: readonly number[]): Promise<void> {
  cluster.parent.kill("SIGHUP");
  await eventually(
    () => answering(cluster.address),
    (pids) => !pids.some((pid) => old.includes(pid)),
  );
}
