/** The group of a Unix socket, for a user who is in that group and for one who is not. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Child } from "../support/child.ts";
import { root } from "../support/root.ts";
import { runtimes } from "../support/server.ts";
import { folderOf, HELLO, scgi } from "../cli/folder.ts";

/** A user and a group that need no name; the user is not in the group. */
const [USER, GROUP] = [54_321, 12_345];
const AS = ["--reuid", String(USER), "--regid", String(USER), "--clear-groups"];

/** Whether this process may run programs as that user, who can read the project. */
const mayBe = process.getuid?.() === 0 &&
  spawnSync("setpriv", [...AS, "test", "-r", join(root, "src/cli.ts")]).status === 0;

describe.skipIf(!mayBe)(`a user who is not in the group${mayBe ? "" : " (needs root)"}`, () => {
  /** Serves in a folder of this mode, as the user. */
  function serve(runtime: (typeof runtimes)[number], mode: number): { child: Child; path: string } {
    const folder = folderOf({ "app.mjs": HELLO });
    const place = join(folder, "run");
    mkdirSync(place);
    // As `install -d -m MODE -o USER -g GROUP` does.
    chownSync(place, USER, GROUP);
    chmodSync(place, mode);
    const path = join(place, "app.sock");
    const words = ["serve", join(folder, "app.mjs"), "--unix", path, "--group", String(GROUP)];
    const [program, args] = scgi(runtime, ...words);
    const env = { ...process.env, HOME: place };
    return { child: new Child("setpriv", [...AS, program, ...args], { cwd: "/", env }), path };
  }

  test.each(runtimes)("has it from a setgid folder (%s)", async (runtime) => {
    const { child, path } = serve(runtime, 0o2750);
    await child.until(() => child.stdout.startsWith("Listening on "), "it listened");
    const { gid, mode } = statSync(path);
    expect([gid, (mode & 0o777).toString(8)]).toEqual([GROUP, "660"]);
    expect([await child.stop(), child.stderr]).toEqual([0, ""]);
  });

  test.each(runtimes)("is told of it, and of the folder, elsewhere (%s)", async (runtime) => {
    const { child, path } = serve(runtime, 0o750);
    expect(await child.exited).toBe(1);
    expect(child.stderr).toBe(
      `scgi: Cannot listen on unix:${path}: this user may not give it to the group ${GROUP}. ` +
        "Join that group, or let the folder give it: " +
        `sudo install -d -m 2750 -o "$USER" -g ${GROUP} ${join(path, "..")}\n`,
    );
  });
});
