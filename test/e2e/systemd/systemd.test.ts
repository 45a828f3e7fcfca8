/**
 * The printed units under a real systemd, which is process 1 of namespaces of its own. Skipped where
 * these cannot be made: without root, and in most containers.
 */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { printConfig } from "../../../src/config/mod.ts";
import { ask } from "../../behaviour/client.ts";
import { forThisSystemd, unitsOf } from "../../config/check.ts";
import { freePort, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import { forNode } from "../../support/node.ts";
import { edited } from "../../support/program.ts";
import { root } from "../../support/root.ts";
import { type Runtime, runtimes } from "../../support/server.ts";

const NAMESPACES = ["--mount", "--pid", "--mount-proc", "--cgroup", "--ipc", "--uts", "--fork"];
const UNSHARE = [...NAMESPACES, "--kill-child=KILL"];

/** Whether a systemd can be had as process 1. */
const boots = existsSync("/lib/systemd/systemd") && process.getuid?.() === 0 &&
  spawnSync("unshare", [...NAMESPACES, "sh", "-c", "mount -t cgroup2 none /sys/fs/cgroup"])
      .status === 0;

/** A systemd that runs one app. */
class Booted implements AsyncDisposable {
  readonly listen: string;
  readonly #child: Child;

  private constructor(listen: string, folder: string) {
    this.listen = listen;
    const app = join(import.meta.dirname, "app.mjs");
    const words = ["sh", join(import.meta.dirname, "boot.sh"), folder, root, app];
    this.#child = new Child("unshare", [...UNSHARE, ...words], { cwd: "/" });
  }

  /** Boots the printed units, with times that suit a test. */
  static async start(runtime: Runtime, workers: number | undefined): Promise<Booted> {
    const listen = `127.0.0.1:${await freePort()}`;
    const text = printConfig("systemd", {
      listen,
      module: "/srv/app/app.mjs",
      runtime: runtime === "node" ? process.env.NODE ?? "/usr/bin/node" : programs[runtime],
      cli: runtime === "node"
        ? forNode("src/cli.ts").replace(root, "/opt/scgi")
        : "/opt/scgi/src/cli.ts",
      workers,
    });
    const folder = temporaryFolder();
    const { "app.service": service = "", "app.socket": socket = "" } = unitsOf(text);
    const shorter = edited(service, [["RestartSec=2\n", "RestartSec=100ms\n"], [
      "WatchdogSec=60\n",
      "WatchdogSec=6\n",
    ]]);
    // The targets that the units of a whole machine wait for are not there.
    const alone = (unit: string) =>
      edited(unit, [["[Unit]\n", "[Unit]\nDefaultDependencies=no\n"]]);
    writeFileSync(join(folder, "app.service"), alone(forThisSystemd(shorter)));
    writeFileSync(join(folder, "app.socket"), alone(socket));
    writeFileSync(
      join(folder, "app.target"),
      "[Unit]\nDefaultDependencies=no\nWants=app.socket app.service\n",
    );
    return new Booted(listen, folder);
  }

  /** A command of systemd's, which throws where it fails. */
  systemctl(...words: string[]): string {
    const [init] = childrenOf(this.#child.pid);
    const enter = ["-t", String(init), "-m", "-p", "--", "systemctl", "--no-pager", ...words];
    const { status, stdout, stderr } = spawnSync("nsenter", enter, { encoding: "utf8" });
    if (status !== 0) throw new Error(`systemctl ${words.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  }

  property(name: string): string {
    return this.systemctl("show", "app.service", "--value", "-p", name).trim();
  }

  async who(): Promise<{ pid: number; variables: string[] }> {
    return (await ask(this.listen, "/")).json() as { pid: number; variables: string[] };
  }

  /** Waits until systemd says that the service is ready. */
  async active(): Promise<void> {
    await eventually(() => this.#try(), (state) => state === "active running");
  }

  #try(): string {
    try {
      return `${this.property("ActiveState")} ${this.property("SubState")}`;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

const programs = {
  bun: "/opt/scgi/node_modules/.bin/bun",
  deno: "/opt/scgi/node_modules/deno/deno",
} as const;

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

describe.skipIf(!boots).each(runtimes)(
  "the printed units, under a systemd (%s; skipped where none can be booted)",
  (runtime) => {
    test("with --workers are ready, and reload", async () => {
      await using booted = await Booted.start(runtime, 2);
      await booted.active();
      const { pid, variables } = await booted.who();
      expect(variables).toEqual([]);
      booted.systemctl("reload", "app.service");
      await eventually(async () => (await booted.who()).pid, (now) => now !== pid);
      await eventually(() => booted.property("StatusText"), (text) => text.startsWith("Reloaded"));
      await booted.active();
      booted.systemctl("stop", "app.service");
      expect(booted.property("Result")).toBe("success");
    }, 60_000);

    test(
      "without workers show that they live, and have the rights that the runtime needs",
      async () => {
        await using booted = await Booted.start(runtime, undefined);
        await booted.active();
        const first = booted.property("WatchdogTimestampMonotonic");
        await eventually(
          () => booted.property("WatchdogTimestampMonotonic"),
          (now) => now !== first,
        );
        expect((await booted.who()).variables).toEqual([]);
        booted.systemctl("stop", "app.service");
        expect(booted.property("Result")).toBe("success");
      },
      60_000,
    );
  },
);

test.skipIf(!boots)("six crashes in a row do not stop the unit (skipped likewise)", async () => {
  await using booted = await Booted.start("bun", undefined);
  await booted.active();
  for (let crash = 0; crash < 6; crash++) {
    const main = booted.property("MainPID");
    booted.systemctl("kill", "-s", "KILL", "app.service");
    await eventually(
      () => booted.property("MainPID"),
      (now) => now !== main && now !== "0",
    );
    await booted.active();
  }
  await booted.who();
}, 60_000);
