/** What was measured, as the JSON has it. */

import { median } from "../support/process.ts";
import type { Machine } from "./machine.ts";
import type { Runtime, Transport } from "./servers.ts";
import type { BenchRuntime, Settings } from "./settings.ts";

/** What a round tells of a server; not every kind of row has everything. */
export type Metric =
  /** Requests a second. */
  | "perSecond"
  /** Latencies in microseconds. */
  | "p50"
  | "p99"
  /** CPU time of the server in microseconds a request. */
  | "cpu"
  /** The most memory in the round, in KiB, and what was held before it. */
  | "memory"
  | "memoryBefore"
  /** CPU time of the server as a share of the time. */
  | "busy"
  /** CPU time of the load generators in microseconds a request. */
  | "generatorCpu"
  /** The same of nginx. */
  | "nginxCpu"
  /** Bytes of memory for a connection that waits. */
  | "idleBytes"
  /** Milliseconds from the start of the process to the first reply. */
  | "startUp";

const METRICS: readonly Metric[] = [
  ...["perSecond", "p50", "p99", "cpu", "memory", "memoryBefore", "busy"] as const,
  ...["generatorCpu", "nginxCpu", "idleBytes", "startUp"] as const,
];

/** The variant that is a runtime's own server of WebSockets. */
export const NATIVE = "native";
/** The variant that is the floor of an app: the least code that calls its function. */
export const STRAIGHT = "straight";
/** The variants that are the HTTP server of each runtime, with a connection for each request. */
export const HTTP_SERVERS: Record<BenchRuntime, string> = {
  bun: "Bun.serve",
  deno: "Deno.serve",
  node: "@hono/node-server",
};
/** The variant without the log that another is measured with. */
export const UNLOGGED = "no log";

export type Round = Partial<Record<Metric, number>>;
export type Part =
  | "direct"
  | "run"
  | "log"
  | "events"
  | "client"
  | "growth"
  | "transfer"
  | "idle"
  | "nginx"
  | "start-up"
  | "websocket";

/** One server under one load. */
export interface Row {
  readonly part: Part;
  readonly scenario: string;
  /** What the load is beside the scenario: "1000 connections". */
  readonly detail: string;
  readonly transport: Transport;
  readonly runtime: Runtime;
  readonly variant: string;
  readonly rounds: readonly Round[];
}

/** The smallest, the middle and the largest of the rounds. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** One metric of a row over its rounds; undefined where it has none. */
export function spreadOf({ rounds }: Row, metric: Metric): Spread | undefined {
  return spread(rounds.flatMap((round) => round[metric] ?? []));
}

/** A row's metric over that of another in the same round. */
export function ratioOf(row: Row, to: Row | undefined, metric: Metric): Spread | undefined {
  if (to === undefined) return undefined;
  return spread(row.rounds.flatMap((round, index) => {
    const [ours, theirs] = [round[metric], to.rounds[index]?.[metric]];
    return ours === undefined || theirs === undefined ? [] : ours / theirs;
  }));
}

/** A row's metric less that of another in the same round. */
export function differenceOf(row: Row, to: Row | undefined, metric: Metric): Spread | undefined {
  if (to === undefined) return undefined;
  return spread(row.rounds.flatMap((round, index) => {
    const [ours, theirs] = [round[metric], to.rounds[index]?.[metric]];
    return ours === undefined || theirs === undefined ? [] : ours - theirs;
  }));
}

/** The bare server of the same runtime under the same load; for WebSockets the runtime's own server. */
export function baselineOf(row: Row, rows: readonly Row[]): Row | undefined {
  return rows.find((other) =>
    sameLoad(other, row) && other.runtime === row.runtime && isBaseline(other)
  );
}

/** The HTTP server of the same runtime under the same load. */
export function ownOf(row: Row, rows: readonly Row[]): Row | undefined {
  return rows.find((other) =>
    sameLoad(other, row) && other.runtime === row.runtime && isOwn(other)
  );
}

/** Whether others are measured against a row first of all. */
export function isBaseline({ part, variant }: Pick<Row, "part" | "variant">): boolean {
  return variant === "bare" || variant === UNLOGGED || part === "websocket" && variant === NATIVE;
}

/** Whether a row is that of a runtime's HTTP server, which gets a connection for each request. */
export function isOwn({ runtime, variant }: Pick<Row, "runtime" | "variant">): boolean {
  return runtime !== "other" && variant === HTTP_SERVERS[runtime];
}

/** Whether two rows are of the same table. */
export function sameLoad(one: Row, other: Row): boolean {
  return one.part === other.part && one.scenario === other.scenario &&
    one.detail === other.detail && one.transport === other.transport;
}

function spread(numbers: readonly number[]): Spread | undefined {
  if (numbers.length === 0) return undefined;
  return { min: Math.min(...numbers), median: median(numbers), max: Math.max(...numbers) };
}

/** A row without its rounds, but with what they come to. */
export interface Summary extends Omit<Row, "rounds"> {
  readonly metrics: Partial<Record<Metric, Spread>>;
  /** Over the bare server of the same runtime, round by round. */
  readonly overBare: Partial<Record<Metric, Spread>>;
  /** Over the runtime's own HTTP server. */
  readonly overOwn: Partial<Record<Metric, Spread>>;
}

/** The whole of it, as the JSON has it. */
export interface Results {
  readonly machine: Machine;
  readonly settings: Omit<Settings, "only" | "results"> & { readonly only: string };
  readonly summary: readonly Summary[];
  readonly rows: readonly Row[];
}

/** Summarizes all rows. */
export function summarize(rows: readonly Row[]): Summary[] {
  return rows.map((row) => {
    const { rounds: _, ...rest } = row;
    const bare = baselineOf(row, rows);
    const own = ownOf(row, rows);
    return {
      ...rest,
      metrics: each((metric) => spreadOf(row, metric)),
      overBare: bare === row ? {} : each((metric) => ratioOf(row, bare, metric)),
      overOwn: own === row ? {} : each((metric) => ratioOf(row, own, metric)),
    };
  });
}

function each(of: (metric: Metric) => Spread | undefined): Partial<Record<Metric, Spread>> {
  const found = METRICS.map((metric) => [metric, of(metric)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}
