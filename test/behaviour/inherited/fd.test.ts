/** `--listen fd:N` and `{ fd }`: one socket that a parent process opened, and keeps. */

import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { ask, head, Peer } from "../client.ts";
import { runtimes, spawnScript } from "../../support/server.ts";
import { command, Parent, places, serving } from "./parent.ts";

const kinds = ["tcp", "unix"] as const;
const targets = runtimes.flatMap((runtime) => kinds.map((kind) => ({ runtime, kind })));

describe.each(targets)("an inherited socket ($runtime, $kind)", ({ runtime, kind }) => {
  const programs: [name: string, script: string[]][] = [
    ["the command", serving("fd:3")],
    ["the library", ["test/behaviour/inherited/library.ts", JSON.stringify({ fd: 3 })]],
  ];

  test.each(programs)("serves %s, and stays the parent's at a stop", async (_, script) => {
    using at = await places();
    const { address, socket } = at[kind];
    await using parent = new Parent([socket], command(runtime, script));
    await parent.listens();
    expect((await ask(address, "/")).text).toBe("Hello\n");
    const inode = kind === "unix" ? statSync(at.unix.path).ino : undefined;

    parent.endProgram();
    expect(await parent.ended()).toBe(0);
    if (inode !== undefined) expect(statSync(at.unix.path).ino).toBe(inode);
    const early = await Peer.open(address);
    await early.send(head("/"));

    parent.startProgram();
    await parent.listens(2);
    expect((await early.reply()).text).toBe("Hello\n");
    expect((await ask(address, "/")).text).toBe("Hello\n");
    expect(parent.stderr).toBe("");
  });

  test("may have any number, and others beside it", async () => {
    using at = await places();
    const other = kind === "tcp" ? at.unix : at.tcp;
    const script = serving("fd:4", other.address);
    await using parent = new Parent(["file", at[kind].socket], command(runtime, script));
    await parent.listens(2);
    expect((await ask(at[kind].address, "/")).text).toBe("Hello\n");
    expect((await ask(other.address, "/")).text).toBe("Hello\n");
  });
});

describe.each(runtimes)("a file descriptor that cannot be served (%s)", (runtime) => {
  const kinds = [
    "closed",
    "file",
    "folder",
    "pipe",
    "connected",
    "datagrams",
    "unbound",
    "bound",
    "device",
    "packets",
    "accepted",
  ];

  test.each(kinds)("%s", async (kind) => {
    using at = await places();
    await using parent = new Parent(
      [kind],
      command(runtime, serving(at.unix.address, at.tcp.address, "fd:3")),
    );
    expect(await parent.ended()).toBe(1);
    expect(parent.stderr).toBe(
      "scgi: Cannot listen on fd:3: it is not a listening socket. The parent process has to pass " +
        "one with that number\n",
    );
    expect(parent.stdout).not.toContain("Listening");
    expect(() => statSync(at.unix.path)).toThrow("ENOENT");
  });

  /** Those of the standard streams, of what the runtime has for itself, and of nothing. */
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99, 2_147_483_647];
  const words = ["serve", "test/behaviour/inherited/app.ts"];
  const programs: [name: string, words: string[], numbers: number[]][] = [
    ["the command", words, numbers],
    ["workers", [...words, "--workers", "2"], [1, 4, 99]],
    ["scgi run", ["run", "test/behaviour/run-app.ts"], [1, 4, 99]],
  ];

  test.each(runtime === "node" ? programs.slice(0, 2) : programs)(
    "of this process's own is refused in a sentence by %s",
    async (_, [command, ...words], numbers) => {
      const failures = numbers.map(async (number) => {
        const listen = ["--listen", `fd:${number}`];
        const child = spawnScript(runtime, ["src/cli.ts", command!, ...listen, ...words]);
        return [await child.exited, child.stderr];
      });
      const whys = numbers.map((number) =>
        `scgi: Cannot listen on fd:${number}: it is not a listening socket. The parent ` +
        "process has to pass one with that number\n"
      );
      expect(await Promise.all(failures)).toEqual(whys.map((why) => [1, why]));
    },
  );

  test("of this process's own stays as it is, and so does the process", async () => {
    const child = spawnScript(runtime, ["test/behaviour/inherited/own.ts"]);
    expect([await child.exited, child.stderr, child.stdout]).toEqual([0, "", "Hello\n"]);
  });

  test("is a LISTEN_FAILED of the library", async () => {
    const script = ["test/behaviour/inherited/library.ts", JSON.stringify({ fd: 3 })];
    await using parent = new Parent(["file"], command(runtime, script));
    expect(await parent.ended()).toBe(1);
    expect(parent.stderr).toMatch(
      /^LISTEN_FAILED: Cannot listen on fd:3: [^\n]+\nnothing listens\n$/,
    );
  });

  test("given twice", async () => {
    using at = await places();
    await using parent = new Parent(
      [at.tcp.socket],
      command(runtime, serving("fd:3", "fd:3")),
    );
    expect(await parent.ended()).toBe(1);
    expect(parent.stderr).toBe(
      "scgi: Cannot listen on fd:3: this process listens on it already\n",
    );
  });

  test("of a number that is none", async () => {
    for (const number of ["4294967299", "-1", "3x", ""]) {
      await using parent = new Parent(["closed"], command(runtime, serving(`fd:${number}`)));
      expect(await parent.ended()).toBe(2);
      expect(parent.stderr).toMatch(/^scgi: --listen fd:\S* cannot be used: [^\n]+\n$/);
    }
  });
});
