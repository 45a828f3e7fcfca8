/** The least that Deno has to permit, as examples/systemd says. */

import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ask } from "../client.ts";
import { removeFolder, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import { spawnScript } from "../../support/server.ts";
import { command, lacks, Parent, places, serving } from "./parent.ts";

const library = (
  options: object,
) => ["test/behaviour/inherited/library.ts", JSON.stringify(options)];
const LISTEN = { LISTEN_FDS: "1", LISTEN_PID: "own" };
/** For the module that is named on the command line, and the arguments of the command itself. */
const MODULE = "--allow-read=test/behaviour/inherited/app.ts";

test("nothing, for an inherited socket", async () => {
  using at = await places();
  await using parent = new Parent([at.unix.socket], command("deno", library({ fd: 3 }), []));
  await parent.listens();
  expect((await ask(at.unix.address, "/")).text).toBe("Hello\n");
});

test.each(["tcp", "unix"] as const)("nothing, for one with allow (%s)", async (kind) => {
  using at = await places();
  const script = library({ fd: 3, allow: ["127.0.0.1"] });
  await using parent = new Parent([at[kind].socket], command("deno", script, []));
  await parent.listens();
  expect((await ask(at[kind].address, "/")).text).toBe("Hello\n");
});

test("LISTEN_*, for the sockets of systemd", async () => {
  using at = await places();
  const script = command("deno", library({ listen: "systemd" }), ["--allow-env=LISTEN_*"]);
  await using parent = new Parent([at.unix.socket], script, LISTEN);
  await parent.listens();
  expect((await ask(at.unix.address, "/")).text).toBe("Hello\n");
});

test("which it is told, where it is not permitted", async () => {
  using at = await places();
  const script = command("deno", library({ listen: "systemd" }), []);
  await using parent = new Parent([at.unix.socket], script, LISTEN);
  expect(await parent.ended()).toBe(1);
  expect(parent.stderr).toBe(
    "LISTEN_FAILED: Cannot listen on systemd: LISTEN_FDS may not be read. " +
      "Run Deno with --allow-env=LISTEN_*\nnothing listens\n",
  );
});

test("the module, for the command", async () => {
  using at = await places();
  await using parent = new Parent([at.unix.socket], command("deno", serving("fd:3"), [MODULE]), {
    NOTIFY_SOCKET: "/nowhere",
  });
  await parent.listens();
  expect((await ask(at.unix.address, "/")).text).toBe("Hello\n");
  expect(parent.stderr).toBe("");
});

test.skipIf(lacks("systemd-notify"))(
  "NOTIFY_SOCKET and systemd-notify, to tell systemd",
  async () => {
    using at = await places();
    const folder = temporaryFolder();
    const path = join(folder, "notify");
    const script = join(import.meta.dirname, "datagrams.pl");
    const listener = new Child("perl", [script, path], { cwd: process.cwd() });
    try {
      await listener.until(() => listener.stdout.includes("Bound"), "it was bound");
      const permissions = [MODULE, "--allow-env=NOTIFY_SOCKET", "--allow-run=systemd-notify"];
      await using parent = new Parent(
        [at.unix.socket],
        command("deno", serving("fd:3"), permissions),
        { NOTIFY_SOCKET: path },
      );
      await eventually(() => listener.stdout, (text) => text.includes("READY=1"));
      parent.endProgram();
      expect(await parent.ended()).toBe(0);
      await eventually(() => listener.stdout, (text) => text.includes("STOPPING=1"));
      expect(parent.stderr).toBe("");
    } finally {
      await listener.stop();
      removeFolder(folder);
    }
  },
);

describe("a Unix socket", () => {
  /** Listens in a folder of a mode, and gives what umask.ts tells. */
  async function told(mode: number, more: string[]): Promise<string> {
    const folder = temporaryFolder();
    chmodSync(folder, mode);
    const path = join(folder, "app.sock");
    const permissions = [
      `--allow-net=unix:${path},unix:${path}.tmp`,
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      ...more,
    ];
    const child = spawnScript("deno", ["test/behaviour/scripts/umask.ts", path], { permissions });
    expect(await child.exited).toBe(0);
    expect([child.stderr, readdirSync(folder)]).toEqual(["", []]);
    return child.stdout.split(" ")[0]!.trim();
  }

  test("needs its names and its folder, where nobody else may write there", async () => {
    expect(await told(0o755, [])).toBe("0660");
    expect(await told(0o1777, [])).toBe("0660");
  });

  test("needs --allow-sys beside that, where others may", async () => {
    for (const mode of [0o777, 0o775]) {
      expect(await told(mode, [])).toBe("LISTEN_FAILED");
      expect(await told(mode, ["--allow-sys"])).toBe("0660");
    }
  });
});
