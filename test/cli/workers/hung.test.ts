/** Workers that hang: in a loop, in their start, in their stop, and when their parent has gone. */

import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { head, Peer } from "../../behaviour/client.ts";
import { testAtOnce } from "../../support/at-once.ts";
import { eventually } from "../../support/eventually.ts";
import { runtimes } from "../../support/server.ts";
import { allAnswering, Cluster, Gates, inTime, isAlive, moduleOf, WAITING } from "./cluster.ts";

/** What a client is told where nobody listens. */
const REFUSED = ["ECONNREFUSED", "ENOENT"];
/** Short enough for a test, and a second more is the time of a stop. */
const STOP = ["--shutdown-timeout", "300"];
const STOP_MS = 1300;

const NEVER_LOADED = "await new Promise((resolve) => setTimeout(resolve, 1e8));\n";
/** Holds the event loop as an endless loop does, for as long as a test may last. */
const LOOP = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000);\n";

/** Lets one worker loop for ever. */
async function loop(cluster: Cluster): Promise<number> {
  const file = cluster.file();
  await cluster.begin(`/loop?file=${file}`);
  const said = await eventually(
    () => existsSync(file) ? readFileSync(file, "utf8") : "",
    (pid) => pid !== "",
  );
  return Number(said);
}

/** Waits until nobody listens any more. */
async function refuses({ address }: Cluster): Promise<void> {
  await eventually(
    () => Peer.open(address).then((peer) => peer.leave(), ({ code }) => code as string),
    (code) => REFUSED.includes(code ?? ""),
  );
}

async function gone(pids: readonly number[]): Promise<void> {
  await eventually(() => pids.filter(isAlive), (left) => left.length === 0);
}

describe("a worker that loops for ever", () => {
  const socket = "TCP";

  testAtOnce(
    "is killed at SIGTERM after the time of a stop, and that is said",
    runtimes,
    async (runtime) => {
      await using cluster = await Cluster.started({ runtime, socket }, { args: STOP });
      const looping = await loop(cluster);
      const pids = cluster.workers();
      const before = performance.now();
      cluster.parent.kill("SIGTERM");
      expect(await inTime(cluster.parent.exited, "its end")).toBe(0);
      expect(performance.now() - before).toBeGreaterThan(STOP_MS - 10);
      await gone(pids);
      expect(cluster.parent.stderr).toBe(
        `scgi: worker ${looping} was killed: it did not stop within ${STOP_MS} ms\n`,
      );
      await refuses(cluster);
    },
  );

  testAtOnce(
    "is replaced by each SIGHUP, and killed after the time of a stop",
    runtimes,
    async (runtime) => {
      await using cluster = await Cluster.started({ runtime, socket }, { args: STOP });
      const looping: number[] = [];
      for (const version of ["two", "three"]) {
        const old = cluster.workers();
        looping.push(await loop(cluster));
        cluster.rewrite(moduleOf(version));
        cluster.parent.kill("SIGHUP");
        await gone(old.filter((pid) => !looping.includes(pid)));
        expect((await cluster.who()).version).toBe(version);
      }
      await gone(looping);
      await eventually(() => cluster.workers().length, (count) => count === 2);
      const killed = (pid: number) =>
        `scgi: worker ${pid} was killed: it did not stop within ${STOP_MS} ms\n`;
      const said = looping.map(killed).join("");
      await eventually(() => cluster.parent.stderr, ({ length }) => length >= said.length);
      expect(cluster.parent.stderr).toBe(said);
    },
  );

  testAtOnce(
    "is replaced where its beats stay away, and others are not",
    runtimes,
    async (runtime) => {
      await using cluster = await Cluster.started({ runtime, socket }, {
        args: ["--worker-timeout", "800"],
      });
      const old = cluster.workers();
      const looping = await loop(cluster);
      const now = await cluster.replaced([looping], 2);
      await eventually(() => cluster.ends().length, (count) => count > 0);
      expect(cluster.ends()).toEqual([
        { pid: looping, how: "its event loop was blocked for 800 ms", delay: 100 },
      ]);
      expect(now.filter((pid) => old.includes(pid))).toHaveLength(1);
      expect(await allAnswering(cluster.address)).toEqual(now.toSorted());
    },
  );

  testAtOnce("is replaced as well where it is the only one", runtimes, async (runtime) => {
    const args = ["--worker-timeout", "400", "--workers", "1"];
    await using cluster = await Cluster.started({ runtime, socket }, { args });
    const only = await loop(cluster);
    const { pid } = await cluster.who();
    expect(pid).not.toBe(only);
    expect(isAlive(only)).toBe(false);
  });
});

describe("beats", () => {
  const socket = "Unix";

  testAtOnce(
    "are no messages that an app sees, and those of an app are none",
    runtimes,
    async (runtime) => {
      const module = moduleOf(
        "one",
        `import process from "node:process";
      process.on("message", (message) => console.error("message", message));
      const talk = () => process.send?.(["beat", "deaf", "ready"]);
      setInterval(talk, 50).unref();
      talk();`,
      );
      const args = ["--worker-timeout", "800"];
      await using cluster = await Cluster.started({ runtime, socket }, { args, module });
      const pids = cluster.workers();
      await Bun.sleep(1500);
      expect(cluster.workers()).toEqual(pids);
      expect(await allAnswering(cluster.address)).toEqual(pids.toSorted());
      process.kill(pids[0]!, "SIGSTOP");
      await cluster.replaced(pids.slice(0, 1), 2);
      expect(cluster.parent.stderr).toMatch(/^scgi: worker \d+ ended \(its event loop [^\n]+\n$/);
    },
  );

  testAtOnce(
    "go on where an app closes the channel of its process, and so does its end",
    runtimes,
    async (runtime) => {
      const module = moduleOf(
        "one",
        `import process from "node:process";
      process.on("disconnect", () => {});
      process.disconnect?.();`,
      );
      const args = ["--worker-timeout", "800"];
      await using cluster = await Cluster.started({ runtime, socket }, { args, module });
      const pids = cluster.workers();
      await Bun.sleep(1500);
      expect(cluster.workers()).toEqual(pids);
      expect(await allAnswering(cluster.address)).toEqual(pids.toSorted());
      expect(cluster.parent.stderr).toBe("");
      cluster.parent.kill("SIGKILL");
      await gone(pids);
    },
  );
});

describe("requests that never end", () => {
  testAtOnce(
    "are given up in time, so that no worker is killed for them",
    runtimes,
    async (runtime) => {
      const args = ["--shutdown-timeout", "1000"];
      await using cluster = await Cluster.started({ runtime, socket: "TCP" }, { args });
      const file = cluster.file();
      const stuck = await cluster.begin(`/stuck?file=${file}`);
      const [hostname, port] = cluster.address.split(":");
      const unread = connect(Number(port), hostname, () => unread.write(head("/big")));
      unread.on("error", () => {});
      await new Promise((resolve) => unread.once("readable", resolve));
      await eventually(() => existsSync(file), (there) => there);
      cluster.parent.kill("SIGTERM");
      expect((await stuck.reply()).status).toBe(503);
      expect(await inTime(cluster.parent.exited, "its end")).toBe(0);
      expect(cluster.parent.stderr).not.toContain("was killed");
      unread.destroy();
    },
  );
});

describe("a start", () => {
  const socket = "Unix";

  testAtOnce("that says ready and fails replaces nothing", runtimes, async (runtime) => {
    await using cluster = await Cluster.started({ runtime, socket });
    const old = cluster.workers();
    cluster.rewrite(`
      import process from "node:process";
      process.send?.("ready");
      process.send?.({ ready: true });
      await new Promise((resolve) => setTimeout(resolve, 300));
      throw new Error("It is broken");
    `);
    cluster.parent.kill("SIGHUP");
    await cluster.says(
      /^scgi: the reload failed: .+: It is broken\. The old workers go on with the old code$/m,
    );
    expect(cluster.workers()).toEqual(old);
    expect(await allAnswering(cluster.address)).toEqual(old.toSorted());
  });

  testAtOnce("that exits with 0 is said, and is a failure", runtimes, async (runtime) => {
    const module = 'import process from "node:process";\nprocess.exit(0);\n';
    await using cluster = await Cluster.starting({ runtime, socket }, { module });
    expect(await inTime(cluster.parent.exited, "its end")).toBe(1);
    expect(cluster.parent.stderr).toMatch(/^scgi: worker \d+ ended \(status 0\)\n$/);
    expect(existsSync(cluster.path!)).toBe(false);
  });

  for (const [how, before] of [["waits", NEVER_LOADED], ["loops", LOOP]] as const) {
    const name = `that ${how} for ever ends the command after --start-timeout`;
    testAtOnce(name, runtimes, async (runtime) => {
      const plan = { module: moduleOf("one", before), args: ["--start-timeout", "700"] };
      await using cluster = await Cluster.starting({ runtime, socket }, plan);
      expect(await inTime(cluster.parent.exited, "its end")).toBe(1);
      expect(cluster.parent.stderr).toMatch(
        /^scgi: worker \d+ ended \(it did not serve within 700 ms\)\n$/,
      );
      expect(existsSync(cluster.path!)).toBe(false);
    });
  }

  testAtOnce(
    "that waits for ever fails a reload after --start-timeout",
    runtimes,
    async (runtime) => {
      await using cluster = await Cluster.started({ runtime, socket }, {
        args: ["--start-timeout", "3000"],
      });
      const old = cluster.workers();
      cluster.rewrite(moduleOf("two", NEVER_LOADED));
      cluster.parent.kill("SIGHUP");
      await cluster.says(
        /^scgi: the reload failed: worker \d+ ended \(.+\)\. The old workers go on with the old code$/m,
      );
      expect(cluster.parent.stderr).toContain("it did not serve within 3000 ms");
      await eventually(() => cluster.workers(), (pids) => pids.length === 2);
      expect(cluster.workers()).toEqual(old);
    },
  );

  testAtOnce(
    "of a replacement that waits for ever is tried again, until it is mended",
    runtimes,
    async (runtime) => {
      await using cluster = await Cluster.started({ runtime, socket }, {
        args: ["--start-timeout", "3000"],
      });
      const [killed = 0] = cluster.workers();
      cluster.rewrite(moduleOf("two", NEVER_LOADED));
      process.kill(killed, "SIGKILL");
      await cluster.says(/^scgi: worker \d+ ended \(it did not serve within 3000 ms\); another/m);
      cluster.rewrite(moduleOf("mended"));
      await eventually(() => cluster.who(), ({ version }) => version === "mended");
    },
  );

  testAtOnce(
    "that waits for ever is overtaken by that of a newer SIGHUP",
    runtimes,
    async (runtime) => {
      await using cluster = await Cluster.started({ runtime, socket });
      const old = cluster.workers();
      cluster.rewrite(moduleOf("two", NEVER_LOADED));
      cluster.parent.kill("SIGHUP");
      const [hung = 0] = await eventually(
        () => cluster.workers().filter((pid) => !old.includes(pid)),
        (pids) => pids.length === 1,
      );
      cluster.rewrite(moduleOf("mended"));
      cluster.parent.kill("SIGHUP");
      await cluster.replaced([...old, hung], 2);
      expect((await cluster.who()).version).toBe("mended");
      expect(cluster.parent.stderr).toBe("");
    },
  );

  testAtOnce(
    "that waits for ever is overtaken as well where it is the first",
    runtimes,
    async (runtime) => {
      const module = moduleOf("one", WAITING);
      await using cluster = await Cluster.starting({ runtime, socket }, { module });
      await cluster.begun();
      const [hung = 0] = cluster.workers();
      cluster.rewrite(moduleOf("mended"));
      cluster.parent.kill("SIGHUP");
      await cluster.says(/^Listening on /m);
      await gone([hung]);
      expect((await cluster.who()).version).toBe("mended");
    },
  );
});

describe("sixty SIGHUPs at once", () => {
  testAtOnce("are two reloads at most, and the last code serves", runtimes, async (runtime) => {
    await using cluster = await Cluster.started({ runtime, socket: "Unix" });
    const old = cluster.workers();
    cluster.go();
    cluster.rewrite(moduleOf("two", WAITING));
    for (let sent = 0; sent < 60; sent++) cluster.parent.kill("SIGHUP");
    cluster.rewrite(moduleOf("three", WAITING));
    cluster.parent.kill("SIGHUP");
    await eventually(() => cluster.who(), ({ version }) => version === "three");
    await gone(old);
    await eventually(() => cluster.workers().length, (count) => count === 2);
    expect(cluster.parent.stdout.match(/^Reloading on SIGHUP$/gm)?.length).toBeWithin(1, 3);
    expect(cluster.begins()).toBeWithin(2, 5);
    expect(cluster.parent.stderr).toBe("");
  });
});

describe("where the parent is killed", () => {
  const socket = "TCP";

  testAtOnce(
    "no worker that loops, and no port, is left after three seconds",
    runtimes,
    async (runtime) => {
      await using cluster = await Cluster.started({ runtime, socket });
      const pids = cluster.workers();
      await loop(cluster);
      cluster.parent.kill("SIGKILL");
      await gone(pids);
      await refuses(cluster);
    },
  );

  testAtOnce("a worker with requests has the time of a stop", runtimes, async (runtime) => {
    await using cluster = await Cluster.started({ runtime, socket });
    const gates = await Gates.begun(cluster);
    const pids = cluster.workers();
    cluster.parent.kill("SIGKILL");
    await Bun.sleep(4500);
    expect(pids.filter(isAlive)).toEqual(pids);
    gates.open();
    expect(await gates.wrong()).toEqual([]);
    await gone(pids);
  });

  testAtOnce("no worker that loops in its start is left", runtimes, async (runtime) => {
    const module = moduleOf("one", `${WAITING.split("while")[0]}${LOOP}`);
    await using cluster = await Cluster.starting({ runtime, socket }, { module, args: STOP });
    await cluster.begun();
    const pids = cluster.workers();
    cluster.parent.kill("SIGKILL");
    await gone(pids);
    await refuses(cluster);
  });

  testAtOnce(
    "while its workers stop, requests have the time of a stop, and no more",
    runtimes,
    async (runtime) => {
      await using cluster = await Cluster.started({ runtime, socket }, { args: STOP });
      const pids = cluster.workers();
      const file = cluster.file();
      await cluster.begin(`/stuck?file=${file}`);
      await eventually(() => existsSync(file), (there) => there);
      await loop(cluster);
      cluster.parent.kill("SIGTERM");
      await cluster.says(/^Stopping on SIGTERM$/m);
      cluster.parent.kill("SIGKILL");
      await gone(pids);
      await refuses(cluster);
    },
  );
});
