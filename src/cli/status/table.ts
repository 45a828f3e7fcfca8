/**
 * The figures of a command as lines of text.
 *
 * @module
 */

import type { DurationStats } from "../../server/request-counts.ts";
import { countOf, quantile, since } from "./quantile.ts";
import type { StatusSnapshot, WorkerSnapshot, WorkersSnapshot } from "./snapshot.ts";

const NAME_WIDTH = 13;
const GAP = "   ";
const HEAD = ["WORKER", "STATE", "PID", "UP", "REQUESTS", "5XX", "OPEN", "P99", "LAG", "MEMORY"];

/**
 * The lines of a snapshot.
 *
 * @param before An older snapshot of the same command: rates and durations are then those of the time
 * between the two, and else those since the start.
 */
export function statusLines(snapshot: StatusSnapshot, before?: StatusSnapshot): string[] {
  const { version, runtime, pid, state, time, total, workers } = snapshot;
  const { requests, rejected, active, accepted, upgraded, bytesIn, bytesOut } = total;
  const span = time - (before?.time ?? snapshot.since);
  const durations = before === undefined
    ? total.durations
    : since(total.durations, before.total.durations);
  const each = (counts: Partial<Record<string, number>>): string[] =>
    Object.entries(counts).filter(([, count]) => count).map(([name, count]) => `${name} ${count}`);
  const lines = [
    row(state, `up ${age(time - snapshot.since)}`, `pid ${pid}`, `scgi ${version}`, runtime),
    row(
      "requests",
      `${countOf(total.durations)}`,
      `${rate(countOf(durations), span)}/s`,
      each(requests).join("  "),
    ),
    row("durations", ...shares(durations), ...before === undefined ? [] : [past(span)]),
    row("connections", `${active} open`, `${upgraded} websockets`, `${accepted} accepted`),
    row("rejected", each(rejected).join(GAP) || "none"),
    row("bytes", `${bytes(bytesIn)} in`, `${bytes(bytesOut)} out`),
    row(
      "event loop",
      `${ms(total.loopLag.last)} late`,
      `at most ${ms(total.loopLag.longest)} in the past minute`,
    ),
    row("memory", `${bytes(total.memory.resident)} resident`, `${bytes(total.memory.heap)} heap`),
  ];
  return workers === undefined ? lines : [...lines, ...ofWorkers(workers, time)];
}

function ofWorkers({ list, draining, reloads }: WorkersSnapshot, time: number): string[] {
  const states = new Map<string, number>(draining > 0 ? [["draining", draining]] : []);
  for (const { state } of list) states.set(state, (states.get(state) ?? 0) + 1);
  const restarts = list.reduce((sum, worker) => sum + worker.restarts, 0);
  const cells = [HEAD, ...list.map((worker) => cellsOf(worker, time))];
  const widths = HEAD.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)));
  return [
    row(
      "workers",
      ...[...states].map(([state, count]) => `${count} ${state}`),
      `${restarts} restarts`,
      `${reloads} reloads`,
    ),
    "",
    ...cells.map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd()),
  ];
}

function cellsOf({ worker, state, pid, stats }: WorkerSnapshot, time: number): string[] {
  const names = [String(worker), state, String(pid ?? "-")];
  if (stats === undefined) return [...names, ...HEAD.slice(names.length).map(() => "-")];
  const p99 = quantile(stats.durations, 0.99);
  return [
    ...names,
    age(time - stats.since),
    String(countOf(stats.durations)),
    String(stats.requests["5xx"]),
    String(stats.active),
    p99 === undefined ? "-" : ms(p99),
    ms(stats.loopLag.last),
    bytes(stats.memory.resident),
  ];
}

function row(name: string, ...values: string[]): string {
  return `${name.padEnd(NAME_WIDTH)}${values.filter((value) => value !== "").join(GAP)}`;
}

function shares(durations: DurationStats): string[] {
  const count = countOf(durations);
  if (count === 0) return ["none"];
  const parts = [50, 90, 99].map((percent) =>
    `p${percent} ${ms(quantile(durations, percent / 100)!)}`
  );
  return [...parts, `mean ${ms(durations.sum / count)}`];
}

function past(span: number): string {
  return `(past ${Math.round(span / 1000)} s)`;
}

function rate(count: number, span: number): string {
  return span > 0 ? (count * 1000 / span).toFixed(1) : "0.0";
}

/** A duration with two or three digits that count. */
function ms(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(value >= 10_000 ? 0 : 1)} s`;
  return `${value.toFixed(value >= 10 ? 0 : 1)} ms`;
}

function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${units[unit]}`;
}

function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).map(([count, unit]) => `${count} ${unit}`).join(" ");
}
