/** `--listen systemd`: every socket that systemd passes, and only where it passes them to us. */

import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import process from "node:process";
import { ask } from "../client.ts";
import { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import { type Runtime, runtimes } from "../../support/server.ts";
import type { Inheritance } from "./app.ts";
import { command, lacks, Parent, places, serving } from "./parent.ts";

const OWN = { LISTEN_PID: "own", LISTEN_FDNAMES: "one:two", LISTEN_PIDFDID: "1" };
const NO_LISTENER =
  "it is not a listening socket. The parent process has to pass one with that number";

describe.each(runtimes)("sockets of systemd (%s)", (runtime) => {
  const programs: [name: string, script: string[]][] = [
    ["the command", serving("systemd")],
    ["the library", ["test/behaviour/inherited/library.ts", JSON.stringify({ listen: "systemd" })]],
    ["the library, in a list", ["test/behaviour/inherited/library.ts", '{"listen":["systemd"]}']],
  ];

  test.each(programs)("are all served by %s, and stay at a stop", async (_, script) => {
    using at = await places();
    await using parent = new Parent(
      [at.tcp.socket, at.unix.socket],
      command(runtime, script),
      { ...OWN, LISTEN_FDS: "2" },
    );
    for (let life = 1; life <= 2; life++) {
      await eventually(() => parent.stdout, (text) => text.split("fd:4").length > life);
      expect((await ask(at.tcp.address, "/")).text).toBe("Hello\n");
      expect((await ask(at.unix.address, "/")).text).toBe("Hello\n");
      const { ino } = statSync(at.unix.path);
      parent.endProgram();
      expect(await parent.ended(life)).toBe(0);
      expect(statSync(at.unix.path).ino).toBe(ino);
      if (life === 1) parent.startProgram();
    }
    expect(parent.stderr).toBe("");
  });

  test("are not passed on to child processes", async () => {
    using at = await places();
    await using parent = new Parent(
      [at.tcp.socket, at.unix.socket],
      command(runtime, serving("systemd")),
      { ...OWN, LISTEN_FDS: "2" },
    );
    await parent.listens(2);
    const given = (await ask(at.tcp.address, "/children")).json() as Inheritance;
    // Deno has no way to mark a file descriptor.
    expect(given).toEqual({ variables: [], sockets: runtime === "deno" ? 2 : 0 });
  });

  test("are served beside other addresses", async () => {
    using at = await places();
    await using parent = new Parent(
      [at.tcp.socket],
      command(runtime, serving(at.unix.address, "systemd")),
      { ...OWN, LISTEN_FDS: "1" },
    );
    await parent.listens(2);
    expect((await ask(at.tcp.address, "/")).text).toBe("Hello\n");
    expect((await ask(at.unix.address, "/")).text).toBe("Hello\n");
  });

  const refusals: [what: string, env: Record<string, string>, says: RegExp][] = [
    ["none at all", { LISTEN_PID: "own" }, /systemd passed no socket to this process/],
    ["an empty number", { LISTEN_PID: "own", LISTEN_FDS: "" }, /systemd passed no socket/],
    ["no number", { LISTEN_PID: "own", LISTEN_FDS: "two" }, /LISTEN_FDS is "two"/],
    ["none of them", { LISTEN_PID: "own", LISTEN_FDS: "0" }, /LISTEN_FDS is "0"/],
    [
      "another process",
      { LISTEN_PID: "1", LISTEN_FDS: "1" },
      /LISTEN_PID is "1", and this is process \d+/,
    ],
    ["no process", { LISTEN_FDS: "1" }, /LISTEN_PID is not set/],
  ];

  test.each(refusals)("that are for %s are refused", async (_, env, says) => {
    using at = await places();
    await using parent = new Parent(
      [at.tcp.socket],
      command(runtime, serving(at.unix.address, "systemd")),
      env,
    );
    expect(await parent.ended()).toBe(1);
    expect(parent.stderr).toMatch(/^scgi: Cannot listen on systemd: [^\n]+\n$/);
    expect(parent.stderr).toMatch(says);
    expect(parent.stdout).not.toContain("Listening");
    expect(() => statSync(at.unix.path)).toThrow("ENOENT");
  });

  test("are all served or none", async () => {
    using at = await places();
    await using parent = new Parent(
      [at.tcp.socket, "file"],
      command(runtime, serving("systemd")),
      { ...OWN, LISTEN_FDS: "2" },
    );
    expect(await parent.ended()).toBe(1);
    expect(parent.stderr).toBe(`scgi: Cannot listen on fd:4: ${NO_LISTENER}\n`);
    expect(parent.stdout).not.toContain("Listening");
  });

  test("are taken once", async () => {
    using at = await places();
    await using parent = new Parent(
      [at.tcp.socket],
      command(runtime, serving("systemd", "systemd")),
      { ...OWN, LISTEN_FDS: "1" },
    );
    expect(await parent.ended()).toBe(1);
    expect(parent.stderr).toMatch(/^scgi: Cannot listen on systemd: [^\n]+\n$/);
  });

  test.skipIf(lacks("systemd-socket-activate"))(
    "come from systemd-socket-activate, which is skipped where systemd is not installed",
    () => activated(runtime),
  );
});

/** The program is started by its first connection. */
async function activated(runtime: Runtime): Promise<void> {
  using at = await places();
  const words = [`--listen=${at.tcp.address}`, `--listen=${at.unix.path}`, "--fdname=one:two"];
  const program = command(runtime, serving("systemd"));
  const child = new Child("systemd-socket-activate", [...words, ...program], {
    cwd: process.cwd(),
  });
  try {
    await child.until(() => child.stderr.includes("Listening on"), "systemd's program listened");
    await eventually(() => child.stderr.match(/Listening on/g)?.length, (count) => count === 2);
    expect((await ask(at.unix.address, "/")).text).toBe("Hello\n");
    expect((await ask(at.tcp.address, "/children")).json()).toMatchObject({ variables: [] });
  } finally {
    expect(await child.stop()).toBe(0);
  }
  expect(statSync(at.unix.path).isSocket()).toBe(true);
}
