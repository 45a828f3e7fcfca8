/** `--status` on each runtime: what it answers while a command starts, serves, drains and hangs. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import { testAtOnce } from "../../support/at-once.ts";
import { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import { describeWith, requireTool } from "../../support/require.ts";
import { type Runtime, runtimes, servingRuntimes, spawnScript } from "../../support/server.ts";
import { ask, head, Peer } from "../../behaviour/client.ts";
import { parseOpenMetrics } from "./open-metrics-parser.ts";
import { get, startStatus } from "./started.ts";

const OPEN_METRICS = { headers: { accept: "application/openmetrics-text; version=1.0.0" } };
const HANDSHAKE = {
  HTTP_UPGRADE: "websocket",
  HTTP_CONNECTION: "Upgrade",
  HTTP_SEC_WEBSOCKET_VERSION: "13",
  HTTP_SEC_WEBSOCKET_KEY: "dGhlIHNhbXBsZSBub25jZQ==",
};
const countOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

/** Sends requests from several clients until it is told to stop. */
function load(address: string): { stop(): Promise<number> } {
  let [stopped, sent] = [false, 0];
  const client = async () => {
    for (let turn = 0; !stopped; turn++) {
      await ask(address, ["/", "/late", "/broken", "/none"][turn % 4]!);
      sent++;
    }
  };
  const clients = Promise.all(Array.from({ length: 4 }, client));
  return {
    async stop() {
      stopped = true;
      await clients;
      return sent;
    },
  };
}

describeWith("promtool", "a scrape under load", () => {
  const passes = (...args: string[]) => async (runtime: Runtime) => {
    await using started = await startStatus(runtime, { args });
    await started.serving();
    const { origin, address } = started;
    const socket = await Peer.open(address);
    await socket.send(head("/socket", { variables: HANDSHAKE }));
    await socket.until("\r\n\r\n");
    const running = load(address);
    await eventually(started.snapshot, ({ total }) => countOf(total.durations.counts) > 40);
    const response = await fetch(`${origin}/metrics`);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const { status, stderr } = spawnSync(requireTool("promtool"), ["check", "metrics"], {
      input: await response.text(),
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const open = await fetch(`${origin}/metrics`, OPEN_METRICS);
    expect(open.headers.get("content-type"))
      .toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    parseOpenMetrics(await open.text());
    const sent = await running.stop();
    const { total, workers } = await eventually(
      started.snapshot,
      ({ total }) => countOf(total.durations.counts) === sent + 1 && total.active === 1,
    );
    const quarter = sent / 4;
    expect(total.requests["1xx"]).toBe(1);
    expect(total.requests.unanswered).toBe(0);
    for (const name of ["4xx", "5xx"] as const) {
      expect(Math.abs(total.requests[name] - quarter)).toBeLessThan(5);
    }
    expect(total).toMatchObject({ accepted: sent + 1, active: 1, upgraded: 1, rejected: {} });
    expect(total.memory.resident).toBeGreaterThan(20_000_000);
    // A quarter of them took 30 ms and more.
    const at = total.durations.bounds.indexOf(25) + 1;
    expect(countOf(total.durations.counts.slice(at))).toBeGreaterThanOrEqual(
      Math.floor(quarter) - 4,
    );
    if (args.length === 0) expect(workers).toBeUndefined();
    else {
      expect(workers!.list.map(({ worker, state, restarts }) => ({ worker, state, restarts })))
        .toEqual([1, 2].map((worker) => ({ worker, state: "serving", restarts: 0 })));
      const parts = workers!.list.map(({ stats }) => countOf(stats!.durations.counts));
      expect(countOf(parts)).toBe(sent + 1);
    }
    socket.leave();
  };
  testAtOnce("passes promtool, and OpenMetrics", runtimes, passes());
  testAtOnce("passes them with workers", ["bun"], passes("--workers", "2"));
});

describeWith("prometheus", "Prometheus", () => {
  test("scrapes all together, and each worker under its label", async () => {
    await using started = await startStatus("bun", { args: ["--workers", "2"] });
    await started.serving();
    for (let turn = 0; turn < 5; turn++) await ask(started.address, "/");
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, "prometheus.yml"),
      `scrape_configs: [{ job_name: scgi, scrape_interval: 1s,
        static_configs: [{ targets: ["${started.status}"] }] }]\n`,
    );
    const port = await freePort();
    const prometheus = new Child(requireTool("prometheus"), [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ], { cwd: folder });
    const query = async (text: string): Promise<Record<string, string>> => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`;
      const { data } = await (await fetch(url)).json() as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return Object.fromEntries(
        data.result.map(({ metric, value }) => [metric.worker ?? metric.status ?? "all", value[1]]),
      );
    };
    await prometheus.until(
      () =>
        query('scgi_requests_total{status="2xx"}').then((all) => all["2xx"] === "5", () => false),
      "it had scraped",
    );
    expect(await query("up")).toEqual({ all: "1" });
    expect(await query("scgi_worker_up")).toEqual({ "1": "1", "2": "1" });
    const parts = Object.values(await query("sum by (worker) (scgi_worker_requests_total)"));
    expect(countOf(parts.map(Number))).toBe(5);
    expect(Number((await query("scgi_request_duration_seconds_count")).all)).toBe(5);
    await prometheus.stop();
    removeFolder(folder);
  }, 60_000);
});

describe("the probe", () => {
  const MODULE = `import { existsSync } from "node:fs";
while (!existsSync("FILE/go")) await new Promise((wake) => setTimeout(wake, 5));
export default async () => {
  while (!existsSync("FILE/end")) await new Promise((wake) => setTimeout(wake, 5));
  return new Response("Hello");
};
`;
  testAtOnce(
    "follows the start and the drain",
    [...runtimes, "bun --workers 1"],
    async (kind) => {
      const [runtime, ...args] = kind.split(" ") as [Runtime, ...string[]];
      const folder = temporaryFolder();
      const module = join(folder, "app.mjs");
      writeFileSync(module, MODULE.replaceAll("FILE", folder));
      await using started = await startStatus(runtime, { words: ["serve", module], args });
      const probe = async () => {
        const response = await fetch(`${started.origin}/healthz`);
        return [response.status, await response.text()];
      };
      expect(await probe()).toEqual([503, "starting\n"]);
      writeFileSync(join(folder, "go"), "");
      expect(await eventually(probe, ([status]) => status !== 503)).toEqual([200, "serving\n"]);
      const peer = await Peer.open(started.address);
      await peer.send(head("/"));
      await eventually(started.snapshot, ({ total }) => total.active === 1);
      started.child.kill("SIGTERM");
      expect(await eventually(probe, ([status]) => status !== 200)).toEqual([503, "draining\n"]);
      writeFileSync(join(folder, "end"), "");
      expect((await peer.reply()).status).toBe(200);
      expect(await started.child.exited).toBe(0);
      removeFolder(folder);
    },
  );

  testAtOnce(
    "says starting until a script of scgi run has a server at each address",
    servingRuntimes,
    async (runtime) => {
      const folder = temporaryFolder();
      const script = join(folder, "script.mjs");
      const call = runtime === "bun" ? "Bun.serve({ fetch })" : "Deno.serve(fetch)";
      writeFileSync(
        script,
        `import { existsSync } from "node:fs";
const fetch = () => new Response("Hello");
while (!existsSync("${folder}/go")) await new Promise((wake) => setTimeout(wake, 5));
${call};
`,
      );
      await using started = await startStatus(runtime, { words: ["run", script] });
      const probe = async () => (await fetch(`${started.origin}/healthz`)).text();
      expect(await probe()).toBe("starting\n");
      writeFileSync(join(folder, "go"), "");
      await eventually(probe, (text) => text === "serving\n");
      expect((await ask(started.address, "/")).text).toContain("Hello");
      await eventually(started.snapshot, ({ total }) => total.requests["2xx"] === 1);
      started.child.kill("SIGTERM");
      expect(await started.child.exited).toBe(0);
      removeFolder(folder);
    },
  );
});

describe("workers", () => {
  testAtOnce(
    "of which one hangs are told of all the same, and its figures are the last known",
    runtimes,
    async (runtime) => {
      await using started = await startStatus(runtime, { args: ["--workers", "2"] });
      await started.serving();
      const peer = await Peer.open(started.address);
      await peer.send(head("/loop"));
      const { workers, state, total } = await eventually(
        started.snapshot,
        ({ workers }) => workers!.list.some(({ state }) => state === "unresponsive"),
      );
      expect(state).toBe("serving");
      expect(workers!.list.map(({ state }) => state).sort()).toEqual(["serving", "unresponsive"]);
      const [one, other] = workers!.list.map(({ stats }) => stats!.memory.resident);
      expect(total.memory.resident).toBe(one! + other!);
      const metrics = await (await fetch(`${started.origin}/metrics`)).text();
      expect(metrics).toContain('scgi_workers{state="unresponsive"} 1\n');
      peer.leave();
    },
  );

  testAtOnce(
    "that were replaced stay counted, and restarts and reloads are",
    runtimes,
    async (runtime) => {
      await using started = await startStatus(runtime, { args: ["--workers", "1"] });
      await started.serving();
      const pid = async () => Number((await ask(started.address, "/pid")).text);
      const first = await pid();
      for (let turn = 1; turn < 4; turn++) await ask(started.address, "/");
      started.child.kill("SIGHUP");
      const second = await eventually(pid, (pid) => pid !== first);
      const counted = await eventually(
        started.snapshot,
        ({ total, workers }) => total.requests["2xx"] >= 5 && workers!.list[0]!.pid === second,
      );
      expect(counted.workers).toMatchObject({ reloads: 1, list: [{ restarts: 0 }] });
      const before = counted.total.requests["2xx"];
      process.kill(second, "SIGKILL");
      const { workers, total } = await eventually(
        started.snapshot,
        ({ workers }) => {
          const [{ pid, state } = {}] = workers!.list;
          return pid !== second && state === "serving";
        },
      );
      expect(workers).toMatchObject({ reloads: 1, list: [{ worker: 1, restarts: 1 }] });
      expect(total.requests["2xx"]).toBeGreaterThanOrEqual(before);
    },
  );
});

test("the restarts of a worker count its replacement by --max-requests", async () => {
  const args = ["--workers", "1", "--max-requests", "5"];
  await using started = await startStatus("bun", { args });
  await started.serving();
  const pid = async () => Number((await ask(started.address, "/pid")).text);
  const first = await pid();
  await eventually(pid, (pid) => pid !== first);
  const { workers } = await eventually(
    started.snapshot,
    ({ workers }) => workers!.list[0]!.restarts > 0 && workers!.list[0]!.pid !== first,
  );
  expect(workers).toMatchObject({ reloads: 0, list: [{ worker: 1, state: "serving" }] });
  expect(await (await fetch(`${started.origin}/metrics`)).text())
    .toMatch(/^scgi_worker_restarts_total\{worker="1"\} [1-9]/m);
});

describe("the address", () => {
  testAtOnce("may be a Unix socket with the mode of others", runtimes, async (runtime) => {
    const folder = temporaryFolder();
    const path = join(folder, "status.sock");
    const listen = `unix:${join(folder, "app.sock")}`;
    const child = spawnScript(runtime, [
      ...["src/cli.ts", "serve", "test/cli/status/app.ts", "--listen", listen],
      ...["--status", `unix:${path}`, "--mode", "600"],
    ]);
    await child.until(() => child.stdout.includes("Listening on"), "it listened");
    expect(child.stdout).toBe(`Status at unix:${path}\nListening on ${listen} (SCGI)\n`);
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
    expect(await get({ socketPath: path }, "/healthz")).toMatchObject({
      status: 200,
      text: "serving\n",
    });
    const { stdout } = spawnSync(process.execPath, ["src/cli.ts", "status", `unix:${path}`], {
      encoding: "utf8",
    });
    expect(stdout).toStartWith("serving ");
    expect(await child.stop()).toBe(0);
    expect(() => statSync(path)).toThrow();
    removeFolder(folder);
  });

  test("that is taken ends the command before it loads the app", async () => {
    const taken = createServer().listen(await freePort(), "127.0.0.1");
    const status = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    await Promise.all([...runtimes, "bun --workers 1"].map(async (kind) => {
      const [runtime, ...args] = kind.split(" ") as [Runtime, ...string[]];
      const words = ["src/cli.ts", "serve", "test/cli/status/app.ts", "--port", "0"];
      const child = spawnScript(runtime, [...words, ...args, "--status", status]);
      expect([kind, await child.exited, child.stdout]).toEqual([kind, 1, ""]);
      expect(child.stderr).toBe(
        `scgi: The status cannot be served on ${status}: another program listens there. ` +
          "Stop it, or give --status another port\n",
      );
    }));
    taken.close();
  });

  test("that other machines reach is said, and allows every name", async () => {
    const child = spawnScript("bun", [
      ...["src/cli.ts", "serve", "test/cli/status/app.ts", "--port", "0"],
      ...["--status", "0.0.0.0:0"],
    ]);
    await child.until(() => child.stdout.includes("Listening on"), "it listened");
    const [, port] = /^Status at http:\/\/0\.0\.0\.0:(\d+)\/$/m.exec(child.stdout)!;
    await eventually(() => child.stderr, (text) => text !== "");
    expect(child.stderr).toBe(
      `scgi: other machines can read the status at 0.0.0.0:${port}, which asks for no password\n`,
    );
    const at = { host: "127.0.0.1", port: Number(port) };
    expect((await get(at, "/stats.json", { host: "machine.example" })).status).toBe(200);
    await child.stop();
  });

  test.each([["fd:3", "fd:3"], ["localhost", "localhost"]])(
    "%s is refused",
    async (address, shown) => {
      const words = ["src/cli.ts", "serve", "test/cli/status/app.ts", "--status", address];
      const child = spawnScript("bun", words);
      expect(await child.exited).toBeWithin(1, 3);
      expect(child.stderr).toMatch(/^scgi: [^\n]+\n$/);
      expect(child.stderr).toContain(shown);
    },
  );
});

describe("a request", () => {
  testAtOnce("is answered as it should be", runtimes, async (runtime) => {
    await using started = await startStatus(runtime);
    await started.serving();
    const { hostname: host, port } = new URL(started.origin);
    const at = { host, port: Number(port) };
    const paths = ["/", "/metrics", "/stats.json", "/healthz"];
    for (const path of paths) {
      const { status, text, headers } = await get(at, path);
      expect([path, status, headers["cache-control"]]).toEqual([path, 200, "no-store"]);
      expect(headers).not.toHaveProperty("access-control-allow-origin");
      expect(Number(headers["content-length"])).toBe(new TextEncoder().encode(text).length);
      const empty = await get(at, path, { method: "HEAD" });
      expect([empty.status, empty.text]).toEqual([200, ""]);
      for (const method of ["POST", "OPTIONS", "DELETE"]) {
        const { status, headers } = await get(at, path, { method });
        expect([path, method, status, headers.allow]).toEqual([path, method, 405, "GET, HEAD"]);
      }
    }
    expect((await get(at, "/favicon.ico")).status).toBe(404);
    // The name of a page's own site that points to this machine.
    for (const name of ["attacker.example", "localhost.attacker.example", "127.0.0.1.example"]) {
      const codes = await Promise.all(
        paths.map(async (path) => (await get(at, path, { host: name })).status),
      );
      expect([name, ...codes]).toEqual([name, 403, 403, 403, 200]);
    }
    for (const name of [`localhost:${port}`, "127.0.0.1", "[::1]:80", "192.0.2.1"]) {
      expect([name, (await get(at, "/stats.json", { host: name })).status]).toEqual([name, 200]);
    }
  });
});
