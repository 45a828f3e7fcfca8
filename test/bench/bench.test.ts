/** Whether the benchmark still measures: not what it measures. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import type { Results } from "./results.ts";

test("measures hello on Bun, and writes its results", async () => {
  const folder = temporaryFolder();
  try {
    const only = "direct/hello/unix/bun/(bare|hono)$";
    const script = join(import.meta.dirname, "bench.ts");
    const args = [script, "--quick", "--runtimes", "bun", "--only", only, "--results", folder];
    const bench = new Child(process.execPath, args, { cwd: folder });
    expect([await bench.exited, bench.stderr]).toEqual([0, ""]);

    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    const { summary, rows } = JSON.parse(read("latest.json")) as Results;
    expect(rows.map(({ runtime, variant }) => `${runtime} ${variant}`))
      .toEqual(["bare", "hono", "Bun.serve"].flatMap((name) => [`bun ${name}`, `bun ${name}`]));
    for (const { metrics } of summary) {
      for (const metric of ["perSecond", "p50", "p99", "cpu", "memory", "busy"] as const) {
        expect(metrics[metric]?.min).toBeGreaterThan(0);
      }
    }
    expect(summary[2]?.overBare.cpu?.median).toBeGreaterThan(0);
    expect(summary[2]?.overOwn.cpu?.median).toBeGreaterThan(0);
    expect(read("latest.md")).toContain("| bun: CPU over bare, hello at full load, Hono | ≤ 1.3 |");
    expect(read("cpu.svg")).toContain("</svg>");
  } finally {
    removeFolder(folder);
  }
}, 20_000);

test("measures what an app does on Bun beside Bun.serve, a call, and a log", async () => {
  const folder = temporaryFolder();
  try {
    const only = "^(direct/(chunks|echo1m)|run|log|events|client)/";
    const script = join(import.meta.dirname, "bench.ts");
    const args = [script, "--quick", "--runtimes", "bun", "--only", only, "--results", folder];
    const bench = new Child(process.execPath, args, { cwd: folder });
    expect([await bench.exited, bench.stderr]).toEqual([0, ""]);

    const report = readFileSync(join(folder, "latest.md"), "utf8");
    const [, table] = /## Beside the runtime's own HTTP server\n([^]*?)\n## /.exec(report)!;
    for (
      const title of [
        "stream of 500 × 16 B",
        "echo of 1 MiB",
        "event, to each of many clients",
        "`scgi run`: static route",
        "`scgi run`: route with a parameter",
        "`scgi run`: fetch handler",
        "call of `scgi/client`, beside a canned one",
      ]
    ) {
      expect(table).toMatch(
        new RegExp(`^\\| ${title} \\| [\\d.]+ \\(.*\\); (?:[\\d.]+ / ){1,2}[\\d.]+ µs \\|`, "m"),
      );
    }
    expect(table).toMatch(/^\| hello with `--log=FILE`, .* \| -?[\d.]+ \(.*\) µs more \|/m);
    expect(report).toContain("| bun: CPU over Bun.serve, stream of 500 × 16 B | ≤ 2 |");
    expect(report).toContain(
      "| bun: CPU over bare, call of `scgi/client`, beside a canned one | ≤ 2.5 |",
    );
  } finally {
    removeFolder(folder);
  }
}, 30_000);

test("measures WebSockets on Bun behind nginx, beside Bun's own", async () => {
  const folder = temporaryFolder();
  try {
    const only = "websocket/(echo of 32 bytes|broadcast|idle).*/bun/scgi run$";
    const script = join(import.meta.dirname, "bench.ts");
    const args = [script, "--quick", "--runtimes", "bun", "--only", only, "--results", folder];
    const bench = new Child(process.execPath, args, { cwd: folder });
    expect([await bench.exited, bench.stderr]).toEqual([0, ""]);

    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    const { summary } = JSON.parse(read("latest.json")) as Results;
    expect(summary.map(({ scenario, variant }) => `${scenario}: ${variant}`)).toEqual(
      ["echo of 32 bytes", "broadcast of 32 bytes", "idle sockets"].flatMap((scenario) =>
        ["native", "scgi run"].map((variant) => `${scenario}: ${variant}`)
      ),
    );
    for (const { scenario, metrics } of summary) {
      if (scenario === "idle sockets") expect(metrics.memory?.min).toBeGreaterThan(0);
      else {for (const metric of ["perSecond", "cpu", "nginxCpu", "generatorCpu"] as const) {
          expect(metrics[metric]?.min).toBeGreaterThan(0);
        }}
    }
    const report = read("latest.md");
    expect(report).toContain("| bun: CPU over native's, echo of 32 bytes, scgi run | ≤ 1.3 |");
    expect(report).toContain(
      "| bun: KiB a socket more than native's, idle sockets, scgi run | ≤ 4 |",
    );
  } finally {
    removeFolder(folder);
  }
}, 40_000);
