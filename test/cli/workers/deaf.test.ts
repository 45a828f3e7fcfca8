/** Workers that run out of file descriptors: on Deno, they accept nothing from then on. */

import { describe, expect, test } from "bun:test";
import { Peer } from "../../behaviour/client.ts";
import { sockets } from "../../behaviour/targets.ts";
import { eventually } from "../../support/eventually.ts";
import { runtimes } from "../../support/server.ts";
import type { Answer } from "./app.ts";
import { allAnswering, Cluster, Gates, isAlive } from "./cluster.ts";

const DESCRIPTORS = 64;
/** More than two workers can accept. */
const STORM = 150;
/** Sets the hard limit with the soft one, which the runtimes raise to it. */
const LIMITED = ["/bin/sh", "-c", 'ulimit -n "$0"; exec "$@"', String(DESCRIPTORS)];

const targets = runtimes.flatMap((runtime) => sockets.map((socket) => ({ runtime, socket })));

describe.each(targets)("workers with 64 file descriptors ($runtime, $socket)", (target) => {
  test("serve again after a storm of connections, with --worker-timeout", async () => {
    const args = ["--worker-timeout", "800", "--shutdown-timeout", "300"];
    await using cluster = await Cluster.started(target, { args, through: LIMITED });
    const old = cluster.workers();
    const peers: (Peer | undefined)[] = [];
    const open = () => Peer.open(cluster.address).catch(() => undefined);
    peers.push(...await Promise.all(Array.from({ length: STORM }, open)));
    if (target.runtime === "deno") {
      await cluster.says(/^scgi: worker \d+ accepts no more connections; another worker starts$/m);
    }
    for (const peer of peers) peer?.leave();
    await eventually(
      async () => (await cluster.ask("/who").catch(() => undefined))?.status,
      (status) => status === 200,
    );
    if (target.runtime !== "deno") return expect(old.filter(isAlive)).toEqual(old);
    await eventually(() => old.filter(isAlive).length, (count) => count < 2);
    await eventually(() => cluster.workers().length, (count) => count === 2);
  });
});

describe.each(sockets)("a worker on Deno whose app leaves no file descriptor (%s)", (socket) => {
  test("is replaced with --worker-timeout, and finishes what it has begun", async () => {
    const args = ["--worker-timeout", "800"];
    const target = { runtime: "deno", socket } as const;
    await using cluster = await Cluster.started(target, { args, through: LIMITED });
    const gates = await Gates.begun(cluster);
    const { pid } = (await cluster.ask("/fill")).json() as Answer;
    const old = cluster.workers();
    const fresh = await eventually(
      () => cluster.workers(),
      (pids) => pids.length === 3 && pids.includes(pid),
    );
    await eventually(() => cluster.parent.stderr, (text) => text.endsWith("\n"));
    expect(cluster.parent.stderr).toBe(
      `scgi: worker ${pid} accepts no more connections; another worker starts\n`,
    );
    expect(fresh.filter((other) => old.includes(other))).toEqual(old);
    gates.open();
    expect(await gates.wrong()).toEqual([]);
    const pids = await cluster.replaced([pid], 2);
    expect(await allAnswering(cluster.address)).toEqual(pids.toSorted());
  });
});
