/** What it was measured on. */

import { spawnSync } from "node:child_process";
import { cpus, loadavg, release } from "node:os";
import { runs } from "./servers.ts";
import type { BenchRuntime } from "./settings.ts";

const others = {
  nginx: ["/usr/sbin/nginx", "-v"],
  wrk: ["wrk", "-v"],
  uwsgi: ["uwsgi", "--version"],
  perl: ["perl", "-e", "print $^V"],
};

export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly kernel: string;
  /** What else ran when it began: more than zero disturbs. */
  readonly loadAverage: number;
  readonly versions: Record<string, string>;
}

/** Describes it, with the runtimes that are measured. */
export function describeMachine(runtimes: readonly BenchRuntime[]): Machine {
  const all = cpus();
  const programs = runtimes.map((runtime) => [runtime, [runs(runtime)[0]!, "--version"]] as const);
  const versions = [...programs, ...Object.entries(others)].map(([name, [command, ...args]]) => {
    const { stdout, stderr } = spawnSync(command!, args, { encoding: "utf8" });
    const version = /\d+\.\d+[\w.+-]*/.exec(`${stdout ?? ""}${stderr ?? ""}`);
    return [name, version?.[0] ?? "none"];
  });
  return {
    date: new Date().toISOString(),
    processor: all[0]?.model ?? "unknown",
    cores: all.length,
    kernel: release(),
    loadAverage: loadavg()[0]!,
    versions: Object.fromEntries(versions),
  };
}
