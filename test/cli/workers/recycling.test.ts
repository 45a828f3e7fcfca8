/** Workers that are replaced because of what they have done, or of what they hold. */

import { Buffer } from "node:buffer";
import process from "node:process";
import { describe, expect, test } from "bun:test";
import { head, Peer } from "../../behaviour/client.ts";
import { eventually } from "../../support/eventually.ts";
import { CLOSE, closing, HANDSHAKE, masked, tellFrames } from "../../support/frames.ts";
import { startFront } from "../../support/front.ts";
import { residentMebibytes } from "../../support/process.ts";
import { describeWith } from "../../support/require.ts";
import { forNginx } from "../../support/restarts.ts";
import { runtimes } from "../../support/server.ts";
import type { Answer } from "./app.ts";
import { BROKEN, Cluster, Gates, isAlive, Load, moduleOf, WAITING } from "./cluster.ts";

/** The workers that were replaced, and why. */
function recycled({ parent }: Cluster): { pid: number; why: string }[] {
  const lines = parent.stdout.matchAll(/^Replacing worker (\d+), which (.+)$/gm);
  return [...lines].map(([, pid, why = ""]) => ({ pid: Number(pid), why }));
}

/** Asks until a worker is to be replaced. */
async function wear(cluster: Cluster, count = 1): Promise<void> {
  await eventually(async () => {
    await Promise.all(Array.from({ length: 4 }, () => cluster.who()));
    return recycled(cluster).length;
  }, (replaced) => replaced >= count);
}

describe.each(runtimes)("recycling (%s)", (runtime) => {
  const target = { runtime, socket: "Unix" } as const;

  describeWith("nginx", "behind nginx", () => {
    test("by --max-requests loses no request", async () => {
      const args = ["--max-requests", "60", ...forNginx];
      await using cluster = await Cluster.started(target, { args });
      await using nginx = await startFront("nginx", `location / { scgi_pass ${cluster.address}; }`);
      const load = Load.through(nginx.origin);
      await eventually(() => recycled(cluster).length, (count) => count >= 2);
      await load.more();
      await load.stop();
      expect(load.failures).toEqual([]);
      for (const { why } of recycled(cluster)) {
        expect(Number(/^served (\d+) requests$/.exec(why)?.[1])).toBeGreaterThanOrEqual(60);
      }
      const gone = recycled(cluster).slice(0, 1).map(({ pid }) => pid);
      await eventually(() => gone.filter(isAlive), ({ length }) => length === 0);
      expect(cluster.parent.stderr).toBe("");
    });
  });

  test("lets requests end, however long, and closes WebSockets with 1001", async () => {
    const args = ["--max-requests", "20", "--shutdown-timeout", "200"];
    await using cluster = await Cluster.started(target, { args });
    const old = cluster.workers();
    const gates = await Gates.begun(cluster);
    const socket = await Peer.open(cluster.address);
    await socket.send(head("/socket", { variables: HANDSHAKE }));
    await socket.until("\r\n\r\n");
    await wear(cluster, 2);
    const frames = () => {
      const all = Buffer.concat(socket.chunks);
      return tellFrames(all.subarray(all.indexOf("\r\n\r\n") + 4));
    };
    expect((await eventually(frames, ({ length }) => length > 0))[0]).toStartWith("8:1001");
    await socket.send(masked(CLOSE, closing(1001)));
    socket.finish();
    await eventually(async () => (await cluster.who()).pid, (pid) => !old.includes(pid));
    // Longer than the time that a reload would give them.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(old.filter(isAlive)).toEqual(old);
    gates.open();
    expect(await gates.wrong()).toEqual([]);
    await eventually(() => old.filter(isAlive), ({ length }) => length === 0);
    expect(cluster.parent.stderr).toBe("");
  });

  test("by --max-memory replaces the worker that holds more", async () => {
    await using cluster = await Cluster.started(target, { args: ["--max-memory", "250"] });
    const { pid } = (await cluster.ask("/hoard?mebibytes=250")).json() as Answer;
    await eventually(() => recycled(cluster), ({ length }) => length > 0);
    expect(recycled(cluster)[0]).toEqual({
      pid,
      why: expect.stringMatching(/^uses \d{3} MiB of memory$/),
    });
    const fresh = await cluster.replaced([pid], 2);
    for (const worker of fresh) expect(residentMebibytes(worker)).toBeLessThan(250);
    expect(cluster.parent.stderr).toBe("");
  });
});

describe("recycling", () => {
  const target = { runtime: "bun", socket: "Unix" } as const;

  test("replaces one at a time, and a worn worker serves until then", async () => {
    await using cluster = await Cluster.started(target, { args: ["--max-requests", "10"] });
    const old = cluster.workers();
    cluster.rewrite(moduleOf("two", WAITING));
    await wear(cluster, 2);
    await cluster.begun();
    expect(cluster.workers()).toHaveLength(3);
    expect((await cluster.who()).version).toBe("one");
    cluster.go();
    await cluster.replaced(old);
    expect(cluster.begins()).toBe(2);
  });

  test("ends with the command, though a request of a worn worker does not", async () => {
    const args = ["--max-requests", "10", "--shutdown-timeout", "200"];
    await using cluster = await Cluster.started(target, { args });
    const old = cluster.workers();
    await Gates.begun(cluster);
    await wear(cluster, 2);
    await eventually(async () => (await cluster.who()).pid, (pid) => !old.includes(pid));
    cluster.parent.kill("SIGTERM");
    expect(await cluster.parent.exited).toBe(0);
    expect(cluster.left()).toEqual([]);
  });

  test("by a --max-memory that no worker can keep says so once, and does not begin", async () => {
    await using cluster = await Cluster.started(target, { args: ["--max-memory", "5"] });
    await cluster.says(/^scgi: --max-memory has no effect: a worker uses \d+ MiB before/m);
    expect((await cluster.who()).version).toBe("one");
    cluster.parent.kill("SIGTERM");
    expect(await cluster.parent.exited).toBe(0);
    expect(cluster.parent.stderr).toMatch(/^scgi: [^\n]+\n$/);
    expect(recycled(cluster)).toEqual([]);
  });

  test("keeps a worker whose replacement does not start, and one that dies is replaced", async () => {
    await using cluster = await Cluster.started(target, { args: ["--max-requests", "10"] });
    cluster.rewrite(BROKEN);
    await wear(cluster);
    await cluster.says(/^scgi: worker \d+ goes on: its replacement did not start/m);
    expect((await cluster.who()).version).toBe("one");
    cluster.rewrite(moduleOf("mended"));
    const [worn] = recycled(cluster);
    process.kill(worn!.pid, "SIGKILL");
    await eventually(async () => (await cluster.who()).version, (version) => version === "mended");
    await eventually(() => cluster.workers().length, (count) => count === 2);
  });
});
