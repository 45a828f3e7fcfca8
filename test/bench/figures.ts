/** The figures of examples/choosing, out of the tables of the last benchmark. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

const RESULTS = "results/latest.md";

/** The columns: how the app is reached, with the row of the benchmark's table. */
const SERVERS: [title: string, runtime: string, server: string][] = [
  ["Bun, SCGI", "bun", "hono"],
  ["Bun, HTTP", "bun", "Bun.serve"],
  ["Bun, HTTP kept alive", "bun", "Bun.serve, keep-alive"],
  ["Deno, SCGI", "deno", "hono"],
  ["Deno, HTTP", "deno", "Deno.serve"],
  ["Deno, HTTP kept alive", "deno", "Deno.serve, keep-alive"],
  ["Node, SCGI", "node", "hono"],
  ["Node, HTTP", "node", "@hono/node-server"],
  ["Node, HTTP kept alive", "node", "@hono/node-server, keep-alive"],
];

/** The rows: a scenario, and the column of the benchmark's table. */
const FIGURES: [title: string, scenario: string, column: string, unit?: number][] = [
  ["Hello, requests/s", "hello", "requests/s"],
  ["Hello, median, ms", "hello", "p50 µs", 1000],
  ["Hello, 99th percentile, ms", "hello", "p99 µs", 1000],
  ["Hello, CPU of the server, µs/request", "hello", "server CPU µs/request"],
  ["JSON, requests/s", "json", "requests/s"],
  ["JSON, CPU of the server, µs/request", "json", "server CPU µs/request"],
  ["POST of 1 KiB, requests/s", "post1k", "requests/s"],
  ["Stream of 16 × 4 KiB, requests/s", "stream", "requests/s"],
  ["Reply of 1 MiB, requests/s", "reply1m", "requests/s"],
  ["Reply of 1 MiB, CPU of the server, µs/request", "reply1m", "server CPU µs/request"],
];

type Row = Record<string, string>;

/** The table, as the page has it. */
export function figures(): string {
  const text = readFileSync(join(import.meta.dirname, RESULTS), "utf8");
  const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim());
  const rows = (scenario: string): Row[] => {
    const section = text.split(`## nginx, ${scenario}, unix\n`)[1]?.split("\n## ")[0] ?? "";
    const [names, , ...lines] = section.trim().split("\n").map(cells);
    return lines.map((line) =>
      Object.fromEntries(line.map((cell, at) => [names![at] || "runtime", cell]))
    );
  };
  const value = (scenario: string, column: string, at: (typeof SERVERS)[number], unit = 1) => {
    const [, runtime, server] = at;
    const row = rows(scenario).find((row) => row.runtime === runtime && row.server === server);
    const median = Number.parseFloat(row?.[column] ?? "");
    if (Number.isNaN(median)) throw new Error(`${RESULTS} has no ${column} of ${server}`);
    if (unit > 1) return (median / unit).toFixed(1);
    return median < 100 ? median.toFixed(1) : median.toLocaleString("en");
  };
  const line = (cells: string[]) => `| ${cells.join(" | ")} |\n`;
  return line(["", ...SERVERS.map(([title]) => title)]) +
    line(["---", ...SERVERS.map(() => "---:")]) +
    FIGURES.map(([title, scenario, column, unit]) =>
      line([title, ...SERVERS.map((server) => value(scenario, column, server, unit))])
    ).join("");
}
