/** How `scgi serve --workers` starts, or does not, and where: its sockets are its own or inherited. */

import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, head, Peer } from "../../behaviour/client.ts";
import { command, Parent, places, serving } from "../../behaviour/inherited/parent.ts";
import { freePort, removeFolder, reserved, temporaryFolder } from "../../support/address.ts";
import { eventually } from "../../support/eventually.ts";
import { runtimes, spawnScript } from "../../support/server.ts";
import {
  allAnswering,
  BROKEN,
  BROKEN_SAYS,
  Cluster,
  inTime,
  isAlive,
  moduleOf,
  type Plan,
  type Target,
  WAITING,
} from "./cluster.ts";

/** One line of the command's own. */
const LINE = /^scgi: [^\n]+\n$/;
/** The end of a module's default export. */
const APP = "fetch: () => new Response('Hello') };\n";

describe.each(runtimes)("workers that cannot start (%s)", (runtime) => {
  const target: Target = { runtime, socket: "Unix" };

  test("for a module that does not load: it is told once", async () => {
    const { status, stderr } = await failed(target, { module: BROKEN });
    expect(status).toBe(1);
    expect(stderr.match(BROKEN_SAYS)).toHaveLength(1);
    expect(stderr).toStartWith("scgi: ");
  });

  test("for a module that exports its address, which cannot be used with workers", async () => {
    using _port = await reserved(4000);
    const plan = { module: `export default { port: 4999, ${APP}`, listen: () => [] };
    // The port of those that are not told may be another's.
    const { status, stderr } = await eventually(
      () => failed(target, plan),
      ({ stderr }) => !stderr.includes("Cannot listen on 127.0.0.1:4000: another program"),
    );
    expect([status, stderr]).toEqual([1, expect.stringMatching(LINE)]);
    expect(stderr).toContain("exports port, which cannot be used with --workers. Give --listen");
  });

  test("for the port of --http, which is another's", async () => {
    using other = occupy({ hostname: "127.0.0.1", port: 0 });
    const { status, stderr } = await failed(target, { args: ["--http", String(other.port)] });
    expect([status, stderr]).toEqual([1, expect.stringMatching(LINE)]);
    expect(stderr).toContain(`The HTTP front cannot listen on 127.0.0.1:${other.port}: `);
  });

  test("for a port that is another's, and leave their other address", async () => {
    using other = occupy({ hostname: "127.0.0.1", port: 0 });
    const taken = `127.0.0.1:${other.port}`;
    const { status, stderr } = await failed(target, { listen: (own) => [own, taken] });
    expect([status, stderr]).toEqual([1, expect.stringMatching(LINE)]);
    expect(stderr).toContain(`Cannot listen on ${taken}: another program listens there. Stop it`);
    (await Peer.open(taken)).leave();
  });

  test("for a Unix socket that is another's", async () => {
    const folder = temporaryFolder();
    const unix = join(folder, "other.sock");
    using _other = occupy({ unix });
    const { status, stderr } = await failed(target, { listen: () => [`unix:${unix}`] });
    expect([status, stderr]).toEqual([1, expect.stringMatching(LINE)]);
    expect(stderr).toContain(`Cannot listen on unix:${unix}: another server listens there. Stop`);
    (await Peer.open(`unix:${unix}`)).leave();
    removeFolder(folder);
  });

  const needing = ["--start-timeout", "--worker-timeout", "--max-requests", "--max-memory"];

  test.each(needing)("for %s without --workers", async (flag) => {
    const words = ["src/cli.ts", "serve", "test/cli/workers/served.ts", flag, "1000"];
    const child = spawnScript(runtime, words);
    expect(await child.exited).toBe(2);
    expect(child.stderr).toMatch(LINE);
    expect(child.stderr).toStartWith(`scgi: ${flag} needs --workers, w`);
  });

  test("for a time-out that is no number", async () => {
    const { status, stderr } = await failed(target, { args: ["--worker-timeout", "1s"] });
    expect([status, stderr]).toEqual([
      2,
      'scgi: --worker-timeout must be a whole number, not "1s"\n',
    ]);
  });

  const words: [number: string, status: number, says: string][] = [
    ["0", 2, '--workers must be a whole number from 1 to 1024, not "0"'],
    ["x", 2, '--workers must be a whole number, not "x"'],
  ];

  test.each(words)("for --workers %s", async (number, exitStatus, says) => {
    const { status, stderr } = await failed(target, { args: ["--workers", number] });
    expect([status, stderr]).toEqual([exitStatus, `scgi: ${says}\n`]);
  });

  test("for a module that there is not", async () => {
    const unix = "/tmp/scgi-test-of-no-module.sock";
    const child = spawnScript(runtime, [
      ...["src/cli.ts", "serve", "test/cli/workers/none.ts", "--workers", "2"],
      ...["--listen", `unix:${unix}`],
    ]);
    expect(await child.exited).toBe(1);
    expect(child.stderr).toBe(
      "scgi: The module test/cli/workers/none.ts was not found. Name the file of your app\n",
    );
    expect(existsSync(unix)).toBe(false);
  });

  test("because SIGTERM comes first, which is no failure", async () => {
    await using cluster = await Cluster.starting(target, { module: moduleOf("one", WAITING) });
    await cluster.begun();
    cluster.workers();
    cluster.parent.kill("SIGTERM");
    expect(await inTime(cluster.parent.exited, "its end")).toBe(0);
    await eventually(() => cluster.left(), (pids) => pids.length === 0);
    expect(existsSync(cluster.path!)).toBe(false);
    expect(cluster.parent.stderr).toBe("");
  });

  test("because their parent is killed end as well", async () => {
    await using cluster = await Cluster.starting(target, { module: moduleOf("one", WAITING) });
    await cluster.begun();
    const pids = cluster.workers();
    cluster.parent.kill("SIGKILL");
    await eventually(() => pids.filter(isAlive), (left) => left.length === 0);
  });

  test("yet, where SIGHUP comes, do so, and are replaced", async () => {
    await using cluster = await Cluster.starting(target, { module: moduleOf("one", WAITING) });
    await cluster.begun();
    const old = cluster.workers();
    cluster.parent.kill("SIGHUP");
    // A worker of the reload loads the module as well.
    await cluster.begun(2);
    cluster.go();
    await cluster.says(/^Listening on /m);
    await cluster.replaced(old, 2);
    expect(cluster.parent.stderr).toBe("");
  });
});

describe.each(runtimes)("the Unix socket of workers (%s)", (runtime) => {
  const target: Target = { runtime, socket: "Unix" };

  test.each([["660", []], ["600", ["--mode", "600"]]])(
    "has mode %s from its first appearance",
    async (mode, args) => {
      await using cluster = await Cluster.starting(target, { args });
      const seen = new Set<string>();
      let watches = true;
      const watch = (): void => {
        const stat = lstatSync(cluster.path!, { throwIfNoEntry: false });
        if (stat !== undefined) seen.add((stat.mode & 0o777).toString(8));
        if (watches) setImmediate(watch);
      };
      watch();
      await cluster.says(/^Listening on /m);
      watches = false;
      expect([...seen]).toEqual([mode]);
      expect(statSync(cluster.path!).isSocket()).toBe(true);
    },
  );

  test("replaces a stale one", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "app.sock");
    // Its path is removed by Bun only under the name that it was bound to.
    const stale = occupy({ unix: `${path}.own` });
    renameSync(`${path}.own`, path);
    stale.stop(true);
    const { ino } = statSync(path);
    await using cluster = await Cluster.started(target, { listen: () => [`unix:${path}`] });
    expect(statSync(path).ino).not.toBe(ino);
    expect(await allAnswering(`unix:${path}`)).toEqual(cluster.workers().sort());
    removeFolder(folder);
  });

  test("stays a successor's where one has taken its place", async () => {
    await using cluster = await Cluster.started(target);
    renameSync(cluster.path!, `${cluster.path}.old`);
    writeFileSync(cluster.path!, "");
    cluster.parent.kill("SIGTERM");
    expect(await cluster.parent.exited).toBe(0);
    expect(statSync(cluster.path!).isFile()).toBe(true);
  });
});

describe.each(runtimes)("workers on inherited sockets (%s)", (runtime) => {
  const start = (sockets: string[], listen: string, env?: Record<string, string>) => {
    const words = ["src/cli.ts", "serve", "test/cli/workers/served.ts", "--workers", "2"];
    return new Parent(sockets, command(runtime, [...words, "--listen", listen]), env);
  };

  test.each(["tcp", "unix"] as const)("serve fd:3, and leave it open (%s)", async (kind) => {
    using at = await places();
    const { address, socket } = at[kind];
    await using parent = start([socket], "fd:3");
    await parent.listens();
    expect(parent.stdout).toBe("Listening on fd:3 (SCGI)\n");
    expect(await allAnswering(address)).toHaveLength(2);

    parent.endProgram();
    expect(await parent.ended()).toBe(0);
    const early = await Peer.open(address);
    await early.send(head("/echo?text=early"));
    parent.startProgram();
    await parent.listens(2);
    expect((await inTime(early.reply(), "the early reply")).text).toStartWith("early ");
    expect(await allAnswering(address)).toHaveLength(2);
    expect(parent.stderr).toBe("");
  });

  test("serve those of systemd, and pass none of its variables on", async () => {
    using at = await places();
    const { tcp, unix } = at;
    await using parent = start([tcp.socket, unix.socket], "systemd", {
      ...{ LISTEN_PID: "own", LISTEN_FDS: "2", LISTEN_FDNAMES: "one:two" },
    });
    await parent.listens(2);
    const pids = await allAnswering(tcp.address);
    expect(await allAnswering(unix.address)).toEqual(pids);
    expect((await ask(tcp.address, "/variables")).json()).toEqual([]);
    parent.endProgram();
    expect(await parent.ended()).toBe(0);
    expect(existsSync(unix.path)).toBe(true);
    expect(parent.stderr).toBe("");
  });

  test.each(["file", "closed"])("are not started for one that is none: %s", async (kind) => {
    await using parent = start([kind], "fd:3");
    expect(await parent.ended()).toBe(1);
    expect(parent.stdout).not.toContain("Listening");
    expect(parent.stderr).toMatch(
      /^scgi: Cannot listen on fd:3: it is not a listening socket[^\n]+\n$/,
    );
  });

  test("cannot be reached by --http, which is told", async () => {
    using at = await places();
    const port = await freePort();
    const words = [...serving("fd:3"), "--workers", "2", "--http", String(port)];
    await using parent = new Parent([at.tcp.socket], command(runtime, words));
    expect(await parent.ended()).toBe(2);
    expect(parent.stderr).toBe(
      "scgi: --http cannot be used with an inherited socket. Give --listen an address\n",
    );
  });
});

/** Starts what cannot start, and sees that nothing of it stays. */
async function failed(
  target: Target,
  plan: Plan,
): Promise<{ status: number | string; stderr: string }> {
  await using cluster = await Cluster.starting(target, plan);
  const watch = setInterval(() => cluster.workers(), 5);
  const status = await inTime(cluster.parent.exited, "its end");
  clearInterval(watch);
  const { path = "", parent: { stdout, stderr } } = cluster;
  await eventually(() => cluster.left(), (pids) => pids.length === 0);
  expect(stdout).toBe("");
  expect([existsSync(path), existsSync(`${path}.tmp`)]).toEqual([false, false]);
  return { status, stderr };
}

/** Another server. */
function occupy(at: { hostname: string; port: number } | { unix: string }): Occupant {
  const listener = Bun.listen({
    ...at as { hostname: string; port: number },
    socket: { data() {} },
  });
  return {
    port: listener.port,
    stop: (hard) => listener.stop(hard),
    [Symbol.dispose]: () => listener.stop(true),
  };
}

interface Occupant extends Disposable {
  port: number;
  stop(hard: boolean): void;
}
