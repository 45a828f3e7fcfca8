/** The path of a Unix socket, from its first appearance to its end. */

import { describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { type Runtime, runtimes, spawnScript, startScript } from "../support/server.ts";
import { ask } from "./client.ts";
import { newId } from "./targets.ts";

/** A group of this machine that this process may give a file to. */
function someGroup(): { name: string; id: number } {
  const mine = process.getgroups!();
  for (const line of readFileSync("/etc/group", "utf8").split("\n")) {
    const [name = "", , id] = line.split(":");
    if (name !== "" && (process.getuid!() === 0 ? Number(id) > 0 : mine.includes(Number(id)))) {
      return { name, id: Number(id) };
    }
  }
  throw new Error("There is no group to give a socket to");
}

describe.each(runtimes.map((runtime) => ({ runtime })))(
  "a Unix socket ($runtime)",
  ({ runtime }: { runtime: Runtime }) => {
    const path = () => join(temporaryFolder(), "app.sock");
    const words = (at: string, args: string[] = []) => {
      return ["src/cli.ts", "serve", "test/behaviour/app.ts", "--listen", `unix:${at}`, ...args];
    };
    const start = (at: string, args?: string[]) => startScript(runtime, words(at, args));
    const hello = async (at: string) => (await ask(`unix:${at}`, "/hello")).text;

    /** Starts a server that cannot, and gives its one line. */
    async function refused(at: string, args?: string[], status = 1): Promise<string> {
      const child = spawnScript(runtime, words(at, args));
      expect(await child.exited).toBe(status);
      expect(child.stderr).toMatch(/^scgi: [^\n]+\n$/);
      return child.stderr;
    }

    /** A socket that nobody listens at any more. */
    async function stale(at: string): Promise<void> {
      const server = await start(at);
      server.kill("SIGKILL");
      await server.exited;
      expect(lstatSync(at).isSocket()).toBe(true);
    }

    test("lets 1,000 connections wait while the process is busy", async () => {
      const at = path();
      await using server = await start(at);
      await hello(at);
      server.kill("SIGSTOP");
      const outcomes = await Promise.all(Array.from({ length: 1000 }, () => {
        const socket = connect(at);
        return new Promise<string>((resolve) => {
          socket.on("connect", () => resolve("waits")).on(
            "error",
            ({ message }) => resolve(message),
          );
        }).finally(() => socket.destroy());
      }));
      server.kill("SIGCONT");
      expect(new Set(outcomes)).toEqual(new Set(["waits"]));
      expect(await hello(at)).toBe("Hello\n");
    });

    test.each([
      [[], 0o660],
      [["--mode", "600"], 0o600],
      [["--mode", "0666"], 0o666],
    ])("has its mode from its first appearance (%j)", async (args, mode) => {
      const at = path();
      const modes = new Set<number>();
      let looks = 0;
      let looking = true;
      const watching = (async () => {
        while (looking) {
          const stat = lstatSync(at, { throwIfNoEntry: false });
          if (stat !== undefined) modes.add(stat.mode & 0o777);
          if (++looks % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      await using server = await start(at, args as string[]);
      looking = false;
      await watching;
      expect([...modes]).toEqual([mode as number]);
      expect(looks).toBeGreaterThan(1000);
      expect(readdirSync(join(at, ".."))).toEqual(["app.sock"]);
      expect(server.stderr()).toBe("");
    });

    test("has the group that is asked for, by name or number", async () => {
      const { name, id } = someGroup();
      for (const group of [name, String(id)]) {
        const at = path();
        await using _server = await start(at, ["--group", group]);
        expect(statSync(at).gid).toBe(id);
        expect(statSync(at).uid).toBe(process.getuid!());
        expect(statSync(at).mode & 0o777).toBe(0o660);
        expect(await hello(at)).toBe("Hello\n");
      }
    });

    test("has no group that there is not, and leaves nothing behind", async () => {
      const at = path();
      expect(await refused(at, ["--group", "no-such-group"], 2)).toContain("no-such-group");
      expect(readdirSync(join(at, ".."))).toEqual([]);
    });

    test("that is stale is replaced", async () => {
      const at = path();
      await stale(at);
      await using _server = await start(at);
      expect(await hello(at)).toBe("Hello\n");
    });

    test("whose temporary name is stale is served", async () => {
      const at = path();
      await stale(`${at}.tmp`);
      await using _server = await start(at);
      expect(await hello(at)).toBe("Hello\n");
      expect(existsSync(`${at}.tmp`)).toBe(false);
    });

    test("that is alive is refused, and lives on", async () => {
      const at = path();
      await using _server = await start(at);
      expect(await refused(at)).toContain(`unix:${at}`);
      expect(await hello(at)).toBe("Hello\n");
      expect(readdirSync(join(at, ".."))).toEqual(["app.sock"]);
    });

    test("does not replace a plain file", async () => {
      const at = path();
      writeFileSync(at, "precious");
      expect(await refused(at)).toContain("not a socket");
      expect(readFileSync(at, "utf8")).toBe("precious");
      expect(readdirSync(join(at, ".."))).toEqual(["app.sock"]);
    });

    test("does not replace a plain file at its temporary name", async () => {
      const at = path();
      writeFileSync(`${at}.tmp`, "precious");
      expect(await refused(at)).toContain(".tmp");
      expect(readFileSync(`${at}.tmp`, "utf8")).toBe("precious");
    });

    test("does not replace a folder or a link", async () => {
      const at = path();
      mkdirSync(at);
      await refused(at);
      const link = path();
      symlinkSync("/nowhere", link);
      await refused(link);
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
    });

    test("needs its folder", async () => {
      const at = join(temporaryFolder(), "missing", "app.sock");
      expect(await refused(at)).toContain("folder");
    });

    test.each([104, 107, 108, 200, 3000])("does not take a path of %i bytes", async (length) => {
      const folder = temporaryFolder();
      const at = join(folder, "s".repeat(length - folder.length - 1));
      expect(at).toHaveLength(length);
      expect(await refused(at, [], 2)).toContain("is over 103 bytes long");
      expect(readdirSync(folder)).toEqual([]);
    });

    test("takes a path of 103 bytes", async () => {
      const folder = temporaryFolder();
      const at = join(folder, "s".repeat(103 - folder.length - 1));
      await using _server = await start(at);
      expect(await hello(at)).toBe("Hello\n");
    });

    test("that a successor has made is left alone by its predecessor's stop", async () => {
      const at = path();
      const first = await start(at);
      const id = newId();
      const late = ask(`unix:${at}`, `/late/${id}/1500`);
      await eventually(
        async () => (await ask(`unix:${at}`, `/seen/${id}`)).text,
        (seen) => seen.includes("started"),
      );
      first.kill("SIGTERM");
      while (existsSync(at)) await sleep(1);
      await using _second = await start(at);
      expect(await hello(at)).toBe("Hello\n");
      expect((await late).text).toBe("late\n");
      expect(await first.exited).toBe(0);
      expect(await hello(at)).toBe("Hello\n");
    });

    test("that was moved over is left alone as well", async () => {
      const at = path();
      const first = await start(at);
      await using _second = await start(`${at}.new`);
      renameSync(`${at}.new`, at);
      await first.stop();
      expect(await hello(at)).toBe("Hello\n");
    });

    test("that somebody has removed is no failure at the stop", async () => {
      const at = path();
      const server = await start(at);
      renameSync(at, `${at}.gone`);
      await server.stop();
      expect(server.stderr()).toBe("");
      expect(existsSync(`${at}.gone`)).toBe(true);
    });
  },
);
