/** What systemd is told at NOTIFY_SOCKET, by `systemd-notify`. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ask } from "../client.ts";
import { removeFolder, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import { type Runtime, runtimes } from "../../support/server.ts";
import { command, lacks, places, serving } from "./parent.ts";

/** Messages as a listener gets them; what is between them is how systemd-notify waits. */
const messages = (listener: Child) => {
  return listener.stdout.match(/^(?:READY|RELOADING|STOPPING)=1/gm) ?? [];
};

function start(runtime: Runtime, listen: string, env: Record<string, string>): Child {
  const [program = "", ...words] = command(runtime, serving(listen));
  return new Child(program, words, { cwd: process.cwd(), env });
}

describe.each(runtimes)("systemd (%s)", (runtime) => {
  const tells = test.skipIf(lacks("systemd-notify"));

  tells("is told READY and STOPPING (skipped where systemd-notify is not installed)", async () => {
    using at = await places();
    await using listener = await listening();
    const child = start(runtime, at.tcp.address, { NOTIFY_SOCKET: listener.path });
    await eventually(() => messages(listener.child), (told) => told.length === 1);
    expect(messages(listener.child)).toEqual(["READY=1"]);
    expect((await ask(at.tcp.address, "/")).text).toBe("Hello\n");
    expect(await child.stop()).toBe(0);
    await eventually(() => messages(listener.child), (told) => told.length === 2);
    expect(messages(listener.child)).toEqual(["READY=1", "STOPPING=1"]);
    expect(child.stderr).toBe("");
  });

  tells("is told of a reload with the time of its clock, and of one that failed", async () => {
    await using listener = await listening();
    const folder = temporaryFolder();
    const module = join(folder, "app.mjs");
    writeFileSync(module, "export default () => new Response();\n");
    const [program = "", ...words] = command(runtime, [
      ...["src/cli.ts", "serve", module, "--workers", "1"],
      ...["--listen", `unix:${join(folder, "app.sock")}`],
    ]);
    const env = { NOTIFY_SOCKET: listener.path };
    const child = new Child(program, words, { cwd: process.cwd(), env });
    const told = (count: number) =>
      eventually(() => messages(listener.child), (all) => all.length >= count);
    await told(1);
    const before = monotonic();
    child.kill("SIGHUP");
    await told(3);
    writeFileSync(module, "throw new Error('not today');\n");
    child.kill("SIGHUP");
    await told(4);
    await eventually(
      () => listener.child.stdout,
      (said) => /^READY=1 STATUS=The reload failed: .*not today/m.test(said),
    );
    await child.stop();
    await eventually(() => messages(listener.child).at(-1), (last) => last === "STOPPING=1");
    const all = messages(listener.child);
    expect(all.slice(0, 4)).toEqual(["READY=1", "RELOADING=1", "READY=1", "RELOADING=1"]);
    const said = listener.child.stdout;
    expect(said).toMatch(/^READY=1 STATUS=Reloaded: 1 worker serves the new code$/m);
    const [, time] = /^RELOADING=1 MONOTONIC_USEC=(\d+)$/m.exec(said)!;
    expect(Number(time)).toBeGreaterThanOrEqual(before);
    expect(Number(time)).toBeLessThanOrEqual(monotonic());
    removeFolder(folder);
  });

  tells(
    "gets signs of life where the unit has WatchdogSec, and no child gets the socket",
    async () => {
      using at = await places();
      await using listener = await listening();
      const folder = temporaryFolder();
      const module = join(folder, "app.mjs");
      writeFileSync(
        module,
        `import { execFileSync } from "node:child_process";
const env = execFileSync("/usr/bin/env", { encoding: "utf8" });
export default () => new Response(env);
`,
      );
      const [program = "", ...words] = command(runtime, [
        ...["src/cli.ts", "serve", module, "--listen", at.tcp.address],
      ]);
      const env = { NOTIFY_SOCKET: listener.path, WATCHDOG_USEC: "600000" };
      const child = new Child(program, words, { cwd: process.cwd(), env });
      await eventually(
        () => listener.child.stdout.match(/^WATCHDOG=1$/gm)?.length ?? 0,
        (beats) => beats >= 2,
      );
      expect(listener.child.stdout).toStartWith("Bound\nREADY=1\n");
      expect((await ask(at.tcp.address, "/")).text).not.toMatch(/^(?:NOTIFY|WATCHDOG)_/m);
      expect(await child.stop()).toBe(0);
      expect(child.stderr).toBe("");
      removeFolder(folder);
    },
  );

  tells("gets none where WATCHDOG_PID is another process", async () => {
    using at = await places();
    await using listener = await listening();
    const env = { NOTIFY_SOCKET: listener.path, WATCHDOG_USEC: "1000", WATCHDOG_PID: "1" };
    const child = start(runtime, at.tcp.address, env);
    await eventually(() => messages(listener.child), (told) => told.length === 1);
    expect(await child.stop()).toBe(0);
    await eventually(() => messages(listener.child), (told) => told.length === 2);
    expect(listener.child.stdout).not.toContain("WATCHDOG=1");
  });

  tells("is told nothing of a start that failed", async () => {
    await using listener = await listening();
    const child = start(runtime, "fd:9", { NOTIFY_SOCKET: listener.path });
    expect(await child.exited).toBe(1);
    expect(messages(listener.child)).toEqual([]);
  });

  test("is not told where it does not want to know", async () => {
    using at = await places();
    using tool = fake("echo told >>log");
    const child = start(runtime, at.tcp.address, { PATH: tool.path, NOTIFY_SOCKET: "" });
    await child.until(() => child.stdout.includes("Listening"), "it listened");
    expect(await child.stop()).toBe(0);
    expect(child.stderr).toBe("");
  });

  const failures: [what: string, script: string | undefined, says: RegExp][] = [
    ["is missing", undefined, /systemd-notify/],
    ["fails", "exit 3", /systemd-notify ended with 3/],
  ];

  test.each(failures)("is one line of warning where systemd-notify %s", async (_, script, says) => {
    using at = await places();
    using tool = fake(script);
    const child = start(runtime, at.tcp.address, { PATH: tool.path, NOTIFY_SOCKET: "/nowhere" });
    await child.until(() => child.stderr !== "", "it warned");
    expect((await ask(at.tcp.address, "/")).text).toBe("Hello\n");
    expect(await child.stop()).toBe(0);
    expect(child.stderr).toMatch(/^scgi: READY=1 could not be sent to systemd: [^\n]+\n$/);
    expect(child.stderr).toMatch(says);
  });

  test("delays neither the first request nor the stop", async () => {
    using at = await places();
    using tool = fake("exec /bin/sleep 20");
    const child = start(runtime, at.tcp.address, { PATH: tool.path, NOTIFY_SOCKET: "/nowhere" });
    await child.until(() => child.stdout.includes("Listening"), "it listened");
    expect((await ask(at.tcp.address, "/")).text).toBe("Hello\n");
    expect(await child.stop()).toBe(0);
  });
});

test("systemd-notify that never ends is ended, on each runtime, and that is said", async () => {
  using tool = fake("trap '' TERM; echo $$ >>${0%/*}/pids; while :; do /bin/sleep 1; done");
  await Promise.all(runtimes.map(async (runtime) => {
    using at = await places();
    const env = { PATH: tool.path, NOTIFY_SOCKET: "/nowhere" };
    const child = start(runtime, at.tcp.address, env);
    await child.until(() => child.stderr !== "", "it warned");
    expect(child.stderr).toContain("systemd-notify did not end within 5000 ms");
    child.kill("SIGKILL");
  }));
  const pids = readFileSync(join(tool.path, "pids"), "utf8").trimEnd().split("\n");
  expect(pids).toHaveLength(runtimes.length);
  await eventually(() => pids.some((pid) => existsSync(`/proc/${pid}`)), (there) => !there);
});

/** The time of systemd's clock, in microseconds. */
function monotonic(): number {
  const code = "use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC); " +
    "printf '%.0f', clock_gettime(CLOCK_MONOTONIC) * 1e6";
  return Number(spawnSync("perl", ["-e", code], { encoding: "utf8" }).stdout);
}

/** A real socket for datagrams. */
async function listening(): Promise<{ child: Child; path: string } & AsyncDisposable> {
  const folder = temporaryFolder();
  const path = join(folder, "notify");
  const child = new Child("perl", [join(import.meta.dirname, "datagrams.pl"), path], {
    cwd: folder,
  });
  await child.until(() => child.stdout.includes("Bound"), "it was bound");
  const stop = async () => {
    await child.stop();
    removeFolder(folder);
  };
  return { child, path, [Symbol.asyncDispose]: stop };
}

/** A folder with a `systemd-notify` of our own, or none. */
function fake(script: string | undefined): { path: string } & Disposable {
  const path = temporaryFolder();
  if (script !== undefined) {
    const file = join(path, "systemd-notify");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return { path, [Symbol.dispose]: () => removeFolder(path) };
}
