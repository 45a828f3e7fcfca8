/** The tables with figures in the documents, out of those of the last benchmark. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HTTP_SERVERS } from "./servers.ts";

const RESULTS = "results/latest.md";

const RUNTIMES = [["Bun", "bun"], ["Deno", "deno"], ["Node", "node"]] as const;

/** A row of the benchmark, by the first two columns of its tables. */
type Server = readonly [runtime: string, name: string];

type Row = Record<string, string>;

/** The rows of one of the benchmark's tables. */
function readRows(heading: string): Row[] {
  const text = readFileSync(join(import.meta.dirname, RESULTS), "utf8");
  const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim());
  const section = text.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const [names, , ...lines] = section.trim().split("\n").map(cells);
  return lines.map((line) =>
    Object.fromEntries(line.map((cell, at) => [names![at] || "runtime", cell]))
  );
}

/** The median in a column of a row. */
function read(heading: string, [runtime, name]: Server, column: string): number {
  const row = readRows(heading).find((row) => row.runtime === runtime && row.server === name);
  const median = Number.parseFloat(row?.[column] ?? "");
  if (Number.isNaN(median)) throw new Error(`${RESULTS} has no ${column} of ${name}`);
  return median;
}

/** A table whose first column is words and whose others are numbers. */
function table(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = titles.map((_, at) => at === 0 ? "---" : "---:");
  return [titles, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

const rounded = (value: number) =>
  value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
const milliseconds = (value: number) => (value / 1000).toFixed(1);

/** The README's: a hello that comes directly. */
export function direct(): string {
  const full = "direct, hello, unix";
  const paced = "direct, hello, 10000 requests/s, unix";
  const cpu = "server CPU µs/request";
  const line = (title: string, server: Server) => {
    const ratio = (heading: string) =>
      server[0] === "" || server[1] === "bare"
        ? ""
        : read(heading, server, "CPU × bare").toFixed(2);
    return [
      title,
      ...[paced, full].flatMap((heading) => [rounded(read(heading, server, cpu)), ratio(heading)]),
      rounded(read(full, server, "requests/s")),
    ];
  };
  return table(
    [
      "",
      "CPU µs/request at 10,000 requests/s",
      "× bare",
      "CPU µs/request at full load",
      "× bare",
      "requests/s at full load",
    ],
    [
      ...RUNTIMES.flatMap(([title, runtime]) => [
        line(`${title}, bare`, [runtime, "bare"]),
        line(`${title}, a function`, [runtime, "function"]),
        line(`${title}, Hono`, [runtime, "hono"]),
      ]),
      line("uWSGI, Python", ["", "uWSGI, Python"]),
      line("Perl, SCGI.pm", ["", "Perl, SCGI.pm"]),
    ],
  );
}

/** That of results/README.md: other requests that come directly. */
export function otherRequests(): string {
  const kinds = {
    "JSON, 12 headers": "json",
    "POST of 1 KiB": "post1k",
    "POST of 1 MiB": "post1m",
    "text of 1 MiB": "reply1m",
    "bytes of 1 MiB": "bytes1m",
    "stream of 16 × 4 KiB": "stream",
  };
  return table(
    ["", ...Object.keys(kinds)],
    RUNTIMES.map(([title, runtime]) => [
      title,
      ...Object.values(kinds).map((kind) => {
        const value = (column: string) =>
          read(`direct, ${kind}, unix`, [runtime, "function"], column);
        return `${rounded(value("server CPU µs/request"))} (${value("CPU × bare").toFixed(2)})`;
      }),
    ]),
  );
}

/** That of results/README.md: a hello through nginx. */
export function throughNginx(): string {
  const value = (server: Server, column: string) => read("nginx, hello, unix", server, column);
  const line = (title: string, server: Server) => [
    title,
    rounded(value(server, "requests/s")),
    milliseconds(value(server, "p50 µs")),
    milliseconds(value(server, "p99 µs")),
    rounded(value(server, "server CPU µs/request")),
  ];
  return table(
    ["", "requests/s", "p50 ms", "p99 ms", "server CPU µs/request"],
    [
      ...RUNTIMES.flatMap(([title, runtime]) => {
        const http = HTTP_SERVERS[runtime];
        return [
          line(`${title} over SCGI`, [runtime, "hono"]),
          line(`\`${http}\` over HTTP, a connection for each request`, [runtime, http]),
          line(`\`${http}\` over HTTP, upstream keep-alive`, [runtime, `${http}, keep-alive`]),
        ];
      }),
      line("uWSGI over SCGI, Python", ["", "uWSGI, Python"]),
    ],
  );
}

/** The rows of examples/choosing: a scenario, and the column of the benchmark's table. */
const FIGURES: [title: string, scenario: string, column: string, format?: typeof rounded][] = [
  ["Hello, requests/s", "hello", "requests/s"],
  ["Hello, median, ms", "hello", "p50 µs", milliseconds],
  ["Hello, 99th percentile, ms", "hello", "p99 µs", milliseconds],
  ["Hello, CPU of the server, µs/request", "hello", "server CPU µs/request"],
  ["JSON, requests/s", "json", "requests/s"],
  ["JSON, CPU of the server, µs/request", "json", "server CPU µs/request"],
  ["POST of 1 KiB, requests/s", "post1k", "requests/s"],
  ["Stream of 16 × 4 KiB, requests/s", "stream", "requests/s"],
  ["Response of 1 MiB, requests/s", "reply1m", "requests/s"],
  ["Response of 1 MiB, CPU of the server, µs/request", "reply1m", "server CPU µs/request"],
];

/** That of examples/choosing. */
export function choosing(): string {
  const servers = RUNTIMES.flatMap(([title, runtime]): [string, Server][] => [
    [`${title}, SCGI`, [runtime, "hono"]],
    [`${title}, HTTP`, [runtime, HTTP_SERVERS[runtime]]],
    [`${title}, HTTP kept alive`, [runtime, `${HTTP_SERVERS[runtime]}, keep-alive`]],
  ]);
  return table(
    ["", ...servers.map(([title]) => title)],
    FIGURES.map(([title, scenario, column, format = rounded]) => [
      title,
      ...servers.map(([, server]) => format(read(`nginx, ${scenario}, unix`, server, column))),
    ]),
  );
}
