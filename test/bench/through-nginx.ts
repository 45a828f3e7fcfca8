/** Servers behind nginx, under the load of wrk: rounds of each in turn, all of them alive. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { cpuMicroseconds } from "./cpu.ts";
import { begin, type Group, interleaved, spent } from "./direct.ts";
import { Nginx } from "./nginx.ts";
import type { Row } from "./results.ts";
import { httpHeaders, type Scenario } from "./scenarios.ts";
import { Servers } from "./servers.ts";
import type { Settings } from "./settings.ts";

/** What wrk tells. */
interface Report {
  readonly requests: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

/** Measures one group. */
export async function measureThroughNginx(
  { part, transport, variants, demands: [demand], mostRounds = Infinity }: Group,
  { rounds, quick }: Settings,
): Promise<Row[]> {
  const { scenario, detail, concurrency } = demand!;
  await using servers = await Servers.start(variants, scenario, transport);
  await using nginx = await Nginx.start(servers.running);
  for (const server of servers.running) {
    await check(nginx.portOf(server), scenario);
    if (!quick) await wrk(nginx.portOf(server), scenario, concurrency);
  }
  const pids = nginx.pids();
  // wrk knows no round of less than a second.
  const count = Math.min(Math.ceil(rounds / 2), mostRounds);
  const measured = await interleaved(servers.running, count, async (server) => {
    const before = begin(server);
    const nginxBefore = cpuMicroseconds(pids);
    const { requests, seconds, p50, p99 } = await wrk(nginx.portOf(server), scenario, concurrency);
    return {
      perSecond: requests / seconds,
      p50,
      p99,
      ...await spent(server, before, requests, seconds),
      nginxCpu: (cpuMicroseconds(pids) - nginxBefore) / requests,
    };
  });
  return measured.map(({ cell: { variant }, rounds }) => {
    const { runtime, name } = variant;
    return { part, scenario: scenario.name, detail, transport, runtime, variant: name, rounds };
  });
}

/** Looks at one reply; of the others wrk looks at the status alone. */
async function check(port: number, scenario: Scenario): Promise<void> {
  const body = scenario.upload > 0 ? { body: "y".repeat(scenario.upload) } : {};
  const reply = await fetch(`http://127.0.0.1:${port}/${scenario.name}`, {
    method: scenario.method,
    headers: httpHeaders(scenario),
    ...body,
  });
  const { byteLength } = await reply.arrayBuffer();
  if (reply.status !== 200 || byteLength !== scenario.write * scenario.writes) {
    throw new Error(`nginx answered ${reply.status} with ${byteLength} bytes`);
  }
}

async function wrk(port: number, scenario: Scenario, concurrency: number): Promise<Report> {
  const folder = temporaryFolder();
  try {
    const script = join(folder, "wrk.lua");
    writeFileSync(
      script,
      `wrk.method = "${scenario.method}"\n` +
        (scenario.upload > 0 ? `wrk.body = string.rep("y", ${scenario.upload})\n` : ""),
    );
    const headers = Object.entries(httpHeaders(scenario))
      .flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
    const url = `http://127.0.0.1:${port}/${scenario.name}`;
    const connections = ["-t", "1", "-c", String(concurrency), "-d", "1s"];
    const args = [...connections, "--latency", "-s", script, ...headers, url];
    const child = new Child("wrk", args, { cwd: folder });
    const status = await child.exited;
    if (status !== 0) throw new Error(`wrk ended with ${status}: ${child.stderr}`);
    return parse(child.stdout);
  } finally {
    removeFolder(folder);
  }
}

function parse(text: string): Report {
  const bad = /^\s*(?:Non-2xx|Socket errors).*$/m.exec(text);
  if (bad !== null) throw new Error(`wrk: ${bad[0]}`);
  const [, requests, seconds] = /(\d+) requests in ([\d.]+)s/.exec(text)!;
  return {
    requests: Number(requests),
    seconds: Number(seconds),
    p50: latency(text, 50),
    p99: latency(text, 99),
  };
}

function latency(text: string, percent: number): number {
  const [, number, unit] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(text)!;
  return Number(number) * { us: 1, ms: 1000, s: 1e6 }[unit as "us" | "ms" | "s"];
}
