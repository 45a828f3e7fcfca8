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
    const args = [script, "--quick", "--only", only, "--results", folder];
    const bench = new Child(process.execPath, args, { cwd: folder });
    expect([await bench.exited, bench.stderr]).toEqual([0, ""]);

    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    const { summary, rows } = JSON.parse(read("latest.json")) as Results;
    expect(rows.map(({ runtime, variant }) => `${runtime} ${variant}`))
      .toEqual(["bun bare", "bun bare", "bun hono", "bun hono"]);
    for (const { metrics } of summary) {
      for (const metric of ["perSecond", "p50", "p99", "cpu", "memory", "busy"] as const) {
        expect(metrics[metric]?.min).toBeGreaterThan(0);
      }
    }
    expect(summary[2]?.overBare.cpu?.median).toBeGreaterThan(0);
    expect(read("latest.md")).toContain("| bun: CPU over bare, hello at full load, Hono | ≤ 1.3 |");
    expect(read("cpu.svg")).toContain("</svg>");
  } finally {
    removeFolder(folder);
  }
}, 20_000);
