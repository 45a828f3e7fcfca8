/** The tables with figures in the documents, out of those of the last benchmark. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compare, COMPARED, type Compared, USUAL } from "./compared.ts";
import { PACED } from "./groups.ts";
import {
  baselineOf,
  HTTP_SERVERS,
  type Metric,
  type Part,
  ratioOf,
  type Results,
  type Row,
  spreadOf,
} from "./results.ts";
import type { Runtime } from "./servers.ts";
import type { BenchRuntime } from "./settings.ts";
import { rounded } from "./table.ts";

const file = join(import.meta.dirname, "results/latest.json");
const { rows } = JSON.parse(readFileSync(file, "utf8")) as Results;

const RUNTIMES = [["Bun", "bun"], ["Deno", "deno"], ["Node", "node"]] as const;

/** A row of a table of the benchmark. */
type Server = readonly [runtime: Runtime, name: string];

/** A table of the benchmark, of servers that listen at a Unix socket. */
type Load = readonly [part: Part, scenario: string, detail?: string];

/** A row; undefined where it was not measured. */
function find([part, scenario, detail = ""]: Load, [runtime, name]: Server): Row | undefined {
  return rows.find((row) =>
    row.part === part && row.scenario === scenario && row.detail === detail &&
    row.transport === "unix" && row.runtime === runtime && row.variant === name
  );
}

/** The median of a metric as text; empty where it was not measured. */
function read(load: Load, server: Server, metric: Metric, format = rounded): string {
  const row = find(load, server);
  const spread = row && spreadOf(row, metric);
  return spread === undefined ? "" : format(spread.median);
}

/** The median of CPU time over that of the bare server; empty for that one, and without one. */
function overBare(load: Load, server: Server): string {
  const row = find(load, server);
  const bare = row && baselineOf(row, rows);
  const ratio = row && bare !== row ? ratioOf(row, bare, "cpu") : undefined;
  return ratio === undefined ? "" : ratio.median.toFixed(2);
}

/** A table whose first column is words and whose others are numbers. */
function table(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = titles.map((_, at) => at === 0 ? "---" : "---:");
  return [titles, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

const milliseconds = (value: number) => (value / 1000).toFixed(1);

/** Lines without those of which nothing was measured. */
function measured(lines: string[][]): string[][] {
  return lines.filter(([, ...cells]) => cells.some((cell) => cell !== ""));
}

/** That of the README: beside the runtime's own HTTP server. */
export function usual(): string {
  return beside(USUAL, false);
}

/** That of results/README.md: the same with all. */
export function compared(): string {
  return beside(COMPARED, true);
}

/** @param floors Whether the straight code is told as well. */
function beside(some: readonly Compared[], floors: boolean): string {
  const cell = (one: Compared, runtime: BenchRuntime) => {
    const comparison = compare(one, runtime, rows);
    if (comparison === undefined) return "";
    const { ours, straight, theirs, ratio, more } = comparison;
    if (one.most === undefined) return `${rounded(more.median)} more`;
    const medians = [ours, ...floors && straight !== undefined ? [straight] : [], theirs];
    return `${ratio.median.toFixed(2)} (${
      medians.map(({ median }) => rounded(median)).join(" : ")
    })`;
  };
  return table(
    [
      `CPU time, × own HTTP server (ours${floors ? " : straight" : ""} : its, µs)`,
      ...RUNTIMES.map(([title]) => title),
    ],
    measured(some.map((one) => [
      one.title,
      ...RUNTIMES.map(([, runtime]) => cell(one, runtime)),
    ])),
  );
}

/** That of results/README.md: a hello that comes directly. */
export function direct(): string {
  const full: Load = ["direct", "hello"];
  const paced: Load = ["direct", "hello", PACED.detail];
  const line = (title: string, server: Server) => [
    title,
    ...[paced, full].flatMap((load) => [read(load, server, "cpu"), overBare(load, server)]),
    read(full, server, "perSecond"),
  ];
  return table(
    [
      "",
      "CPU µs/request at 10,000 requests/s",
      "× bare",
      "CPU µs/request at full load",
      "× bare",
      "requests/s at full load",
    ],
    measured([
      ...RUNTIMES.flatMap(([title, runtime]) => [
        line(`${title}, bare`, [runtime, "bare"]),
        line(`${title}, a function`, [runtime, "function"]),
        line(`${title}, Hono`, [runtime, "hono"]),
        line(`\`${HTTP_SERVERS[runtime]}\` over HTTP`, [runtime, HTTP_SERVERS[runtime]]),
      ]),
      line("uWSGI, Python", ["other", "uWSGI, Python"]),
      line("Perl, SCGI.pm", ["other", "Perl, SCGI.pm"]),
    ]),
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
    measured(RUNTIMES.map(([title, runtime]) => [
      title,
      ...Object.values(kinds).map((kind) => overBare(["direct", kind], [runtime, "function"])),
    ])),
  );
}

/** That of results/README.md: the start of a process. */
export function startUp(): string {
  const variants = {
    "a bare server": "bare",
    "a script with `serve()`": "serve(), function",
    "the same as bytecode of Bun": "serve(), bytecode",
    "`scgi serve`, a function": "scgi serve, function",
    "`scgi serve`, Hono": "scgi serve, hono",
  };
  return table(
    ["ms to the first response", ...RUNTIMES.map(([title]) => title)],
    measured(
      Object.entries(variants).map(([title, name]) => [
        title,
        ...RUNTIMES.map(([, runtime]) => read(["start-up", "hello"], [runtime, name], "startUp")),
      ]),
    ),
  );
}

/** That of results/README.md: a hello through nginx. */
export function throughNginx(): string {
  const line = (title: string, server: Server) => {
    const value = (metric: Metric, format = rounded) =>
      read(["nginx", "hello"], server, metric, format);
    return [
      title,
      value("perSecond"),
      value("p50", milliseconds),
      value("p99", milliseconds),
      value("cpu"),
    ];
  };
  return table(
    ["", "requests/s", "p50 ms", "p99 ms", "server CPU µs/request"],
    measured([
      ...RUNTIMES.flatMap(([title, runtime]) => {
        const http = HTTP_SERVERS[runtime];
        return [
          line(`${title} over SCGI`, [runtime, "hono"]),
          line(`\`${http}\` over HTTP, a connection for each request`, [runtime, http]),
          line(`\`${http}\` over HTTP, upstream keep-alive`, [runtime, `${http}, keep-alive`]),
        ];
      }),
      line("uWSGI over SCGI, Python", ["other", "uWSGI, Python"]),
    ]),
  );
}

/** The rows of examples/choosing: a scenario, and a metric. */
const FIGURES: [title: string, scenario: string, metric: Metric, format?: typeof rounded][] = [
  ["Hello, requests/s", "hello", "perSecond"],
  ["Hello, median, ms", "hello", "p50", milliseconds],
  ["Hello, 99th percentile, ms", "hello", "p99", milliseconds],
  ["Hello, CPU of the server, µs/request", "hello", "cpu"],
  ["JSON, requests/s", "json", "perSecond"],
  ["JSON, CPU of the server, µs/request", "json", "cpu"],
  ["POST of 1 KiB, requests/s", "post1k", "perSecond"],
  ["Stream of 16 × 4 KiB, requests/s", "stream", "perSecond"],
  ["Response of 1 MiB, requests/s", "reply1m", "perSecond"],
  ["Response of 1 MiB, CPU of the server, µs/request", "reply1m", "cpu"],
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
    FIGURES.map(([title, scenario, metric, format]) => [
      title,
      ...servers.map(([, server]) => read(["nginx", scenario], server, metric, format)),
    ]),
  );
}
