/** `scgi serve --workers`: several processes on one address, their ends and their successors. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { SAME_SIGNAL_MS } from "../../../src/cli/deadlines.ts";
import { Peer } from "../../behaviour/client.ts";
import { freePort } from "../../support/address.ts";
import { eventually } from "../../support/eventually.ts";
import { startFront } from "../../support/front.ts";
import { describeWith } from "../../support/require.ts";
import type { Answer } from "./app.ts";
import {
  allAnswering,
  Cluster,
  Gates,
  inTime,
  isAlive,
  Load,
  moduleOf,
  targets,
  Work,
} from "./cluster.ts";

/** What a client is told where nobody listens. */
const REFUSED = ["ECONNREFUSED", "ENOENT"];

/** Waits until nobody listens any more. */
async function refuses({ address }: Cluster): Promise<void> {
  await eventually(
    () => Peer.open(address).then((peer) => peer.leave(), ({ code }) => code as string),
    (code) => REFUSED.includes(code ?? ""),
  );
}

/** Sees that nothing is there any more: no process, no socket. */
async function nothingIsLeft(cluster: Cluster): Promise<void> {
  const { path = "" } = cluster;
  // The output of a process ends a moment before it does.
  await eventually(() => cluster.left(), (pids) => pids.length === 0);
  expect([existsSync(path), existsSync(`${path}.tmp`)]).toEqual([false, false]);
}

describe.each(targets)("workers ($runtime, $socket)", (target) => {
  let cluster: Cluster;
  let front: string;

  beforeAll(async () => {
    const port = await freePort();
    front = `http://127.0.0.1:${port}`;
    // The processes of nginx that serve are another user's where root has started it.
    const isRoot = process.getuid?.() === 0;
    const group = isRoot && target.socket === "Unix" ? ["--group", "www-data"] : [];
    cluster = await Cluster.started(target, { args: ["--http", String(port), ...group] });
    await cluster.says(/^Open /m);
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  test("answer all of them, and their parent does not; it says once where they listen", async () => {
    expect(await allAnswering(cluster.address)).toEqual(cluster.workers().sort());
    expect(cluster.workers()).toHaveLength(2);
    expect(cluster.parent.stdout).toBe(`Listening on ${cluster.address} (SCGI)\nOpen ${front}/\n`);
    expect(cluster.parent.stderr).toBe("");
  });

  test("are behind the front of --http", async () => {
    const { pid } = await (await fetch(`${front}/who`)).json() as Answer;
    expect(cluster.workers()).toContain(pid);
  });

  test("are replaced at SIGHUP by ones of the new code, once they have finished", async () => {
    const old = cluster.workers();
    const load = Load.raw(cluster);
    await load.more();
    const gates = await Gates.begun(cluster);
    expect([...gates.pids].sort()).toEqual(old.toSorted());
    const work = await Work.begun(cluster);
    cluster.rewrite(moduleOf("two"));
    cluster.parent.kill("SIGHUP");
    await eventually(() => load.last?.version, (version) => version === "two");
    await load.more();
    expect(old.filter(isAlive)).toEqual(old);
    gates.open();
    expect(await gates.wrong()).toEqual([]);
    await eventually(() => old.filter(isAlive).length, (count) => count === 1);
    expect([isAlive(work.pid), work.isDone()]).toEqual([true, false]);
    work.goOn();
    const fresh = await cluster.replaced(old);
    expect(work.isDone()).toBe(true);
    await load.more();
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await allAnswering(cluster.address)).toEqual(fresh.toSorted());
    expect((await cluster.who()).version).toBe("two");
    expect(cluster.left().sort()).toEqual(fresh.toSorted());
    expect(cluster.parent.stderr).toBe("");
  });

  describeWith("nginx", "behind nginx", () => {
    test("that are killed are replaced, and no GET fails", async () => {
      await using nginx = await startFront("nginx", twice(cluster.address));
      const load = Load.through(nginx.origin);
      for (let kills = 1; kills <= 2; kills++) {
        await load.more();
        const [killed = 0, other = 0] = cluster.workers();
        process.kill(killed, "SIGKILL");
        await load.more();
        expect(await cluster.replaced([killed], 2)).toContain(other);
        await eventually(() => cluster.ends().at(-1)?.pid, (pid) => pid === killed);
        expect(cluster.ends().at(-1)).toMatchObject({ pid: killed, how: "SIGKILL" });
      }
      expect(await allAnswering(cluster.address)).toEqual(cluster.workers().sort());
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(cluster.parent.stderr.trimEnd().split("\n")).toHaveLength(2);
    });
  });

  test("that are all killed at once are replaced, and what comes meanwhile waits", async () => {
    const old = cluster.workers();
    const before = cluster.ends().length;
    for (const pid of old) process.kill(pid, "SIGKILL");
    await eventually(() => cluster.ends().length, (count) => count === before + 2);
    const replies = await Promise.all(Array.from({ length: 8 }, () => cluster.ask("/who")));
    for (const { status, ending } of replies) expect([status, ending]).toEqual([200, "end"]);
    await cluster.replaced(old);
  });
});

describe.each(targets)("the end of workers ($runtime, $socket)", (target) => {
  test("comes with that of their parent, after the requests that they have", async () => {
    await using cluster = await Cluster.started(target);
    const gates = await Gates.begun(cluster);
    const pids = cluster.workers();
    cluster.parent.kill("SIGKILL");
    await refuses(cluster);
    expect(pids.filter(isAlive)).toEqual(pids);
    gates.open();
    expect(await gates.wrong()).toEqual([]);
    await eventually(() => pids.filter(isAlive), (left) => left.length === 0);
  });

  test("comes by SIGTERM after what they have begun, and nothing of them stays", async () => {
    const port = await freePort();
    await using cluster = await Cluster.started(target, { args: ["--http", String(port)] });
    await cluster.says(/^Open /m);
    const load = Load.raw(cluster);
    await load.more();
    const gates = await Gates.begun(cluster);
    const last = await fetch(`http://127.0.0.1:${port}/gate?file=${gates.file}`);
    const work = await Work.begun(cluster);
    cluster.workers();
    cluster.parent.kill("SIGTERM");
    await load.stop();
    // What connects too late may be refused, and only that.
    expect(load.failures.filter((failure) => !REFUSED.includes(failure))).toEqual([]);
    await refuses(cluster);
    gates.open();
    expect(await gates.wrong()).toEqual([]);
    expect(await last.text()).toEndWith("}\nwhole\n");
    await eventually(() => cluster.left(), (pids) => pids.length === 1);
    expect([cluster.left(), work.isDone()]).toEqual([[work.pid], false]);
    work.goOn();
    expect(await inTime(cluster.parent.exited, "its end")).toBe(0);
    expect(work.isDone()).toBe(true);
    await nothingIsLeft(cluster);
    expect(cluster.parent.stderr).toBe("");
  });

  test("comes by the SIGINT that a terminal sends to all in the same way", async () => {
    await using cluster = await Cluster.started(target, { through: ["setsid"] });
    const gates = await Gates.begun(cluster);
    const pids = cluster.workers();
    process.kill(-cluster.parent.pid, "SIGINT");
    await refuses(cluster);
    expect(pids.filter(isAlive)).toEqual(pids);
    gates.open();
    expect(await gates.wrong()).toEqual([]);
    expect(await inTime(cluster.parent.exited, "its end")).toBe(0);
    await nothingIsLeft(cluster);
    expect(cluster.parent.stderr).toBe("");
  });

  test("comes by a second SIGTERM at once, whatever their handlers do", async () => {
    await using cluster = await Cluster.started(target);
    for (const stuck of ["/stuck", "/spin"]) {
      const file = cluster.file();
      await cluster.begin(`${stuck}?file=${file}`);
      await eventually(() => existsSync(file), (there) => there);
    }
    cluster.workers();
    cluster.parent.kill("SIGTERM");
    await cluster.says(/^Stopping on SIGTERM$/m);
    // A shell may pass the same signal on, so it takes a moment to count as the second.
    await sleep(2 * SAME_SIGNAL_MS);
    cluster.parent.kill("SIGTERM");
    expect(await inTime(cluster.parent.exited, "its end")).toBe(1);
    await nothingIsLeft(cluster);
  });
});

/**
 * One address as two servers, so that nginx tries a request again, on the same socket; none of them
 * counts as down. The configuration around it closes the last brace.
 */
function twice(address: string): string {
  const server = `server ${address} max_fails=0;`;
  return `
    location / {
      scgi_pass workers;
      scgi_next_upstream error timeout;
    }
  }
  upstream workers {
    ${server}
    ${server}
  `;
}
