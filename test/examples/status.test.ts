/** The example of a status: Prometheus takes its files, and nginx passes the probe on. */

import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { familiesOf } from "../../src/cli/status/families.ts";
import { noFigures } from "../../src/cli/status/sum.ts";
import { startStatus } from "../cli/status/started.ts";
import { startFront } from "../support/front.ts";
import { edited } from "../support/program.ts";
import { describeWith, requireTool } from "../support/require.ts";

const folder = join(import.meta.dirname, "../../examples/status");
const read = (file: string) => readFileSync(join(folder, file), "utf8");

/** The names of all families. */
const families = (() => {
  const since = Date.now();
  const total = { ...noFigures(), rejected: { SHUTDOWN: 1 } };
  const stats = { ...total, state: "serving" as const, since };
  const worker = { worker: 1, pid: 1, state: "serving" as const, restarts: 0, stats };
  return familiesOf({
    ...{ version: "", runtime: "", pid: 1, since, time: since, state: "serving", total },
    workers: { reloads: 0, draining: 0, list: [worker] },
  }).map(({ name, type }) => type === "counter" ? `${name}_total` : name);
})();

describeWith("promtool", "Prometheus", () => {
  test("takes the files, without a remark", () => {
    const { status, stderr } = spawnSync(requireTool("promtool"), [
      "check",
      "config",
      "prometheus.yml",
    ], {
      cwd: folder,
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

test("the alerts and the table have names of metrics that there are, and the table has all", () => {
  const namesIn = (text: string) => [...text.matchAll(/\bscgi_\w+/g)].map(([name]) => name);
  const known = (name: string) => families.includes(name.replace(/_(?:bucket|sum|count)$/, ""));
  expect(namesIn(read("rules.yml")).filter((name) => !known(name))).toEqual([]);
  const table = new Set(namesIn(read("README.md")).filter((name) => !/_$/.test(name)));
  expect([...table].filter((name) => !known(name))).toEqual([]);
  const own = families.filter((name) => !/^scgi_worker_(?!up$|restarts_total$)/.test(name));
  expect(own.filter((name) => !table.has(name))).toEqual([]);
});

describeWith("nginx", "nginx", () => {
  test("passes the probe on, and no other path", async () => {
    await using started = await startStatus("bun");
    await started.serving();
    await using front = await startFront(
      "nginx",
      edited(read("nginx.conf"), [["127.0.0.1:9100", started.status]]),
    );
    const response = await fetch(`${front.origin}/healthz`);
    expect([response.status, await response.text()]).toEqual([200, "serving\n"]);
    expect((await fetch(`${front.origin}/stats.json`)).status).toBe(404);
  }, 30_000);
});
