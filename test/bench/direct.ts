/** Servers under loads that come to them directly: rounds of each in turn, all of them alive. */

import { cpuMicroseconds, forgetPeak, memoryKibibytes } from "./cpu.ts";
import type { Load } from "./generator.ts";
import type { Generators } from "./generators.ts";
import { quantile } from "./latency.ts";
import type { Part, Round, Row } from "./results.ts";
import { httpRequestHead, requestHead, type Scenario } from "./scenarios.ts";
import { type Running, Servers, type Transport, type Variant } from "./servers.ts";
import type { Settings } from "./settings.ts";

/** What all servers of a group are asked. */
export interface Demand {
  readonly scenario: Scenario;
  /** What it is beside the scenario: "1000 connections". */
  readonly detail: string;
  readonly concurrency: number;
  /** How many requests a round has; as many as there is time for unless set. */
  readonly requests?: number;
  /** How many requests a second there are; as many as there can be unless set. */
  readonly rate?: number;
}

/** Servers that are compared. */
export interface Group {
  readonly part: Part;
  readonly transport: Transport;
  readonly variants: readonly Variant[];
  /** What the servers are started for is that of the first. */
  readonly demands: readonly Demand[];
  /** The most rounds, where they differ little or are long; as many as the settings have unless set. */
  readonly mostRounds?: number;
}

/** What a server does after its last reply is of the same round. */
const SETTLE_MS = 3;
/** Compilers of JavaScript are at work until then. */
const WARM_UP_REQUESTS = 100_000;
const WARM_UP_LARGE_REQUESTS = 500;
const LARGE_BYTES = 1_000_000;

/** Measures them. */
export async function measureGroup(
  { part, transport, variants, demands, mostRounds = Infinity }: Group,
  settings: Settings,
  generators: Generators,
): Promise<Row[]> {
  await using servers = await Servers.start(variants, demands[0]!.scenario, transport);
  for (const server of servers.running) {
    const load = loadOf(server, demands[0]!, settings.warmUp);
    const large = load.upload + load.reply > LARGE_BYTES;
    const most = large ? WARM_UP_LARGE_REQUESTS : WARM_UP_REQUESTS;
    await generators.generate({ ...load, requests: Math.min(load.requests, most) });
  }
  const cells = servers.running.flatMap((server) => demands.map((demand) => ({ server, demand })));
  const rounds = Math.min(settings.rounds, mostRounds);
  const measured = await interleaved(cells, rounds, async ({ server, demand }) => {
    const load = loadOf(server, demand, settings.milliseconds);
    const before = begin(server);
    const { requests, seconds, cpuMicroseconds, latencies } = await generators.generate(load);
    return {
      perSecond: requests / seconds,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      ...await spent(server, before, requests, seconds),
      generatorCpu: cpuMicroseconds / requests,
    };
  });
  return measured.map(({ cell: { server: { variant }, demand }, rounds }) => {
    const { runtime, name } = variant;
    const { detail, scenario } = demand;
    return { part, scenario: scenario.name, detail, transport, runtime, variant: name, rounds };
  });
}

/** What the generators are told. */
export function loadOf(
  { place, variant }: Pick<Running, "place" | "variant">,
  { scenario, concurrency, requests, rate }: Demand,
  milliseconds: number,
): Load {
  return {
    place,
    head: headFor(variant, scenario),
    upload: scenario.upload,
    reply: scenario.write * scenario.writes,
    concurrency,
    requests: requests ?? Number.MAX_SAFE_INTEGER,
    milliseconds,
    rate,
  };
}

/** The head of a request in the protocol of a server. */
export function headFor({ protocol }: Variant, scenario: Scenario): string {
  return protocol === "scgi" ? requestHead(scenario) : httpRequestHead(scenario);
}

/** Rounds of all cells, each round begun by another of them. */
export async function interleaved<Cell>(
  cells: readonly Cell[],
  count: number,
  measure: (cell: Cell) => Promise<Round>,
): Promise<{ cell: Cell; rounds: Round[] }[]> {
  const rows = cells.map((cell) => ({ cell, rounds: [] as Round[] }));
  for (let round = 0; round < count; round++) {
    for (let index = 0; index < rows.length; index++) {
      const { cell, rounds } = rows[(round + index) % rows.length]!;
      rounds.push(await measure(cell));
    }
  }
  return rows;
}

/** What a server has cost so far. */
export interface Before {
  readonly cpu: number;
  readonly memory: number;
}

/** Begins to count what it costs. */
export function begin({ pids }: Running): Before {
  forgetPeak(pids);
  return { cpu: cpuMicroseconds(pids), memory: memoryKibibytes(pids, "VmRSS") };
}

/** What it has cost since. */
export async function spent(
  { pids }: Running,
  before: Before,
  requests: number,
  seconds: number,
): Promise<Round> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const cpu = cpuMicroseconds(pids) - before.cpu;
  return {
    cpu: cpu / requests,
    busy: cpu / (seconds * 1e6),
    memory: memoryKibibytes(pids, "VmHWM"),
    memoryBefore: before.memory,
  };
}
