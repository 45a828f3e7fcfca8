/** The path of a Unix socket in a folder that others may write to, and under a umask of 0. */

import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { root } from "../support/root.ts";
import { command, type Runtime, runtimes, spawnScript } from "../support/server.ts";
import { ask } from "./client.ts";

const SWAPS = join(import.meta.dirname, "scripts/swaps.pl");

/** A group that this process may give a file to, beside its own. */
function otherGroup(): number {
  const mine = process.getgid!();
  return process.getuid!() === 0 ? 1 : process.getgroups!().find((id) => id !== mine) ?? mine;
}

/** A folder that everybody may write to, with the path of a socket in it. */
function sharedPath(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o777);
  return join(folder, "app.sock");
}

/** Leaves a socket at a path that nobody listens on. */
function leaveStale(path: string): void {
  const listener = Bun.listen({ unix: `${path}.stale`, socket: { data() {} } });
  renameSync(`${path}.stale`, path);
  listener.stop();
}

/** Waits until a server listens or has ended. */
async function started(child: Child): Promise<boolean> {
  const ended = child.exited.then(() => true);
  const listens = child.until(() => child.stdout.includes("Listening on"), "it listened");
  return await Promise.race([listens.then(() => true, () => false), ended.then(() => false)]);
}

describe.each(runtimes)("a Unix socket (%s)", (runtime: Runtime) => {
  const words = (at: string, ...args: string[]) => {
    return ["src/cli.ts", "serve", "test/behaviour/app.ts", "--listen", `unix:${at}`, ...args];
  };

  /** Starts a server under a umask. */
  const startUnder = (mask: string, script: string[], permissions?: string[]) => {
    const run = command(runtime, script, permissions).flat();
    return new Child("sh", ["-c", `umask ${mask}; exec "$@"`, "sh", ...run], { cwd: root });
  };

  test.each([
    ["a symbolic link that is kept for a while", "symlink", "0.4", 2],
    ["a symbolic link that comes and goes", "symlink", "0", 2],
    ["a second name that is kept for a while", "link", "0.4", 1],
    ["a second name that comes and goes", "link", "0", 1],
  ])("changes no other file by %s", async (_, kind, seconds, times) => {
    const victim = join(temporaryFolder(), "victim");
    writeFileSync(victim, "precious");
    chmodSync(victim, 0o600);
    const before = statSync(victim);
    for (let time = 0; time < times; time++) {
      const at = sharedPath();
      leaveStale(at);
      const attacker = new Child("perl", [SWAPS, at, victim, kind, seconds], { cwd: root });
      await attacker.until(() => attacker.stdout === "Ready\n", "it was ready");
      const server = spawnScript(runtime, words(at, "--group", String(otherGroup())));
      await started(server);
      attacker.kill("SIGKILL");
      await attacker.exited;
      const status = await server.stop();
      expect(server.stderr).toMatch(status === 0 ? /^$/ : /^scgi: [^\n]+\n$/);
    }
    const { mode, uid, gid } = statSync(victim);
    expect([mode, uid, gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(readFileSync(victim, "utf8")).toBe("precious");
  });

  test.each(["serve", "workers"])("shows no other mode under any name (%s)", async (how) => {
    const at = sharedPath();
    leaveStale(at);
    const folder = join(at, "..");
    const stale = lstatSync(at);
    const modes = new Set<number>();
    const server = startUnder("0", words(at, ...how === "workers" ? ["--workers", "1"] : []));
    let looking = true;
    const watching = (async () => {
      for (let looks = 1; looking; looks++) {
        for (const name of readdirSync(folder)) {
          const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
          if (stat?.isSocket() && stat.ino !== stale.ino) modes.add(stat.mode & 0o777);
        }
        if (looks % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    expect(await started(server)).toBe(true);
    looking = false;
    await watching;
    expect([...modes]).toEqual([0o660]);
    expect((await ask(`unix:${at}`, "/hello")).text).toBe("Hello\n");
    expect(await server.stop()).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("leaves the umask of the process as it is", async () => {
    const at = sharedPath();
    const server = startUnder("027", ["test/behaviour/scripts/umask.ts", at]);
    expect(await server.exited).toBe(0);
    expect(server.stdout).toBe("0660 027\n");
  });

  test("leaves files alone that have names beside its own", async () => {
    for (const more of [[], ["--workers", "1"]]) {
      const at = sharedPath();
      const before = [`${at}.tmp~`, `${at}.tmp~~`, `${at}~`];
      for (const file of before) writeFileSync(file, file);
      const server = spawnScript(runtime, words(at, ...more));
      expect(await started(server)).toBe(true);
      writeFileSync(`${at}.tmp`, `${at}.tmp`);
      expect(await server.stop()).toBe(0);
      const after = [...before, `${at}.tmp`];
      expect(after.map((file) => readFileSync(file, "utf8"))).toEqual(after);
      expect(readdirSync(join(at, ".."))).toHaveLength(after.length);
    }
  });

  test.each(["fresh", "stale"])(
    "has one winner of several that start at once (%s)",
    async (state) => {
      const at = sharedPath();
      if (state === "stale") leaveStale(at);
      const servers = Array.from({ length: 4 }, () => spawnScript(runtime, words(at)));
      const won = await Promise.all(servers.map(started));
      expect(won.filter(Boolean)).toHaveLength(1);
      for (const [index, server] of servers.entries()) {
        if (!won[index]) {
          expect(server.stderr).toMatch(
            /^scgi: Cannot listen on unix:\S+: another server [^\n]+\n$/,
          );
        }
      }
      expect((await ask(`unix:${at}`, "/hello")).text).toBe("Hello\n");
      expect(await servers[won.indexOf(true)]!.stop()).toBe(0);
      expect(readdirSync(join(at, ".."))).toEqual([]);
    },
  );

  test("is refused where it would be open to others at first", async () => {
    // A worker thread has no umask of its own to set, nor has Deno without permission.
    const thread = ["test/behaviour/scripts/thread.ts"];
    for (const [mask, says] of [["022", "0660"], ["0", "LISTEN_FAILED"]] as const) {
      const at = sharedPath();
      chmodSync(join(at, ".."), 0o755);
      const permissions = [
        `--allow-net=unix:${at},unix:${at}.tmp`,
        `--allow-read=${join(at, "..")}`,
        `--allow-write=${join(at, "..")}`,
      ];
      const server = runtime === "deno"
        ? startUnder(mask, ["test/behaviour/scripts/umask.ts", at], permissions)
        : startUnder(mask, [...thread, at]);
      await server.exited;
      expect(server.stdout).toContain(says);
      expect(existsSync(at)).toBe(false);
      expect(readdirSync(join(at, ".."))).toEqual([]);
    }
  });
});
