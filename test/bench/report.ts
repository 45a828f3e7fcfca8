/** The results in Markdown. */

import { compare, COMPARED, type Compared } from "./compared.ts";
import type { Part, Results, Row } from "./results.ts";
import { sameLoad } from "./results.ts";
import type { BenchRuntime } from "./settings.ts";
import {
  BUSY,
  type Column,
  differenceColumn,
  loadColumns,
  number,
  ownColumn,
  ratioColumn,
  spreadColumn,
  spreadText,
  table,
  titleOf,
} from "./table.ts";
import { targetsOf } from "./targets.ts";

const HEAD = `<!-- made by: bun run bench -->
# Benchmark

`;

const LEGEND = `
Every number is the median of the rounds, with the smallest and the largest behind it; every ratio is
that of the same round. Rounds go in turn over all servers of a table, which all run all the time.
The *own HTTP server* of a runtime is Bun.serve, Deno.serve or @hono/node-server: it has the same handlers, over a
Unix socket, with a connection for each request (Connection: close). *bare* is a native socket of the same runtime that
answers any bytes with a canned reply. *straight* is the least code that answers with the same handlers: it takes every
request to be right, and knows of no limit; its Request and Response have only what the handlers ask for. What our
server adds to it is what could be saved. Server CPU is the run time of
all threads of all its processes, over the requests of the round.

What CPU time a request costs depends on how much a server has to do: one that is seldom idle is seldom
woken, and reads and replies in batches. So hello is measured twice: at full load, and at 10,000 requests
a second, the same work for all.

† The server was busy for less than ${
  BUSY * 100
} % of the time, so its requests a second tell what the load
generator could send on this machine, and not what the server could answer: compare the CPU times
there, or the load was fixed. Through nginx the limit is nginx and wrk, which share the cores with the server.

*run* has one script, under scgi run and under bun alone. *events* has one event under way, which counts as a message for
each client. *client* has the CPU time of the process that calls, *bare* a socket that sends a canned request, and
*straight* the least code that makes the request of a URL and headers, and a Response of the reply.

WebSockets are beside the runtime's own server, *native*, which nginx passes them to over HTTP:
*scgi run* has the same script, *scgi serve* a module that calls upgradeWebSocket. Of echoes each socket has one under
way; a broadcast begins when all sockets have the one before, and counts as a message for each.

A generator asks for its replies in the order of their requests, so a latency is at most that: it is
the time from before the connection to the end of the reply, with as many requests under way as
the table says (16 unless said, 4 of 1 MiB, 1 of 256 MiB, 32 through nginx).
`;

const generatorCpu = spreadColumn("generators' CPU µs/request", "generatorCpu");
const beside: readonly Column[] = [ownColumn, ...loadColumns];
const columns: Record<Part, readonly Column[]> = {
  "direct": [...beside, generatorCpu],
  "run": [...beside, generatorCpu],
  "log": [
    spreadColumn("requests/s", "perSecond"),
    spreadColumn("server CPU µs/request", "cpu"),
    differenceColumn("µs more", "cpu"),
  ],
  "events": [
    spreadColumn("messages/s", "perSecond"),
    spreadColumn("server CPU µs/message", "cpu"),
    ownColumn,
    spreadColumn("generator's CPU µs/message", "generatorCpu"),
    spreadColumn("MiB", "memory", (kibibytes) => kibibytes / 1024),
  ],
  "client": [
    spreadColumn("calls/s", "perSecond"),
    spreadColumn("client CPU µs/call", "cpu"),
    ratioColumn("CPU × bare", "cpu"),
  ],
  "growth": [...loadColumns, generatorCpu],
  "transfer": [
    spreadColumn("MiB/s", "perSecond", (perSecond) => perSecond * 256),
    ratioColumn("MiB/s × bare", "perSecond"),
    spreadColumn("server CPU ms", "cpu", (microseconds) => microseconds / 1000),
    ratioColumn("CPU × bare", "cpu"),
    spreadColumn("memory before, MiB", "memoryBefore", (kibibytes) => kibibytes / 1024),
    spreadColumn("peak MiB", "memory", (kibibytes) => kibibytes / 1024),
  ],
  "idle": [
    spreadColumn("KiB a connection", "idleBytes", (bytes) => bytes / 1024),
    spreadColumn("memory before, MiB", "memoryBefore", (kibibytes) => kibibytes / 1024),
    spreadColumn("with them, MiB", "memory", (kibibytes) => kibibytes / 1024),
  ],
  "nginx": [...beside, spreadColumn("nginx's CPU µs/request", "nginxCpu")],
  "websocket": [
    spreadColumn("messages/s", "perSecond"),
    spreadColumn("server CPU µs/message", "cpu"),
    ratioColumn("CPU × native", "cpu"),
    spreadColumn("nginx's CPU µs/message", "nginxCpu"),
    spreadColumn("generator's CPU µs/message", "generatorCpu"),
    spreadColumn("KiB a socket", "idleBytes", (bytes) => bytes / 1024),
    spreadColumn("MiB", "memory", (kibibytes) => kibibytes / 1024),
  ],
  "start-up": [spreadColumn("ms to the first reply", "startUp"), ratioColumn("× bare", "startUp")],
};

/** Writes all of it. */
export function report(results: Results): string {
  const { rows } = results;
  const firsts = rows.filter((row, index) => rows.findIndex((one) => sameLoad(one, row)) === index);
  const tables = firsts.map((first) => {
    const some = rows.filter((row) => sameLoad(row, first));
    return `\n## ${titleOf(first)}\n\n${table(some, rows, columns[first.part])}`;
  });
  return `${HEAD}${machine(results)}${LEGEND}\n${besideOwn(rows)}\n${targets(rows)}${
    tables.join("")
  }`;
}

const RUNTIMES = ["bun", "deno", "node"] as const;

/** The summary: what our server costs over the runtime's own. */
function besideOwn(rows: readonly Row[]): string {
  const cell = (compared: Compared, runtime: BenchRuntime) => {
    const comparison = compare(compared, runtime, rows);
    if (comparison === undefined) return "";
    const { ours, straight, theirs, ratio, more } = comparison;
    if (compared.most === undefined) return `${spreadText(more)} µs more`;
    const medians = [ours, ...straight === undefined ? [] : [straight], theirs];
    return `${spreadText(ratio)}; ${medians.map(({ median }) => number(median)).join(" / ")} µs`;
  };
  const lines = COMPARED.map((compared) => [
    compared.title,
    ...RUNTIMES.map((runtime) => cell(compared, runtime)),
  ]).filter(([, ...cells]) => cells.some((text) => text !== ""));
  return `## Beside the runtime's own HTTP server

CPU time of a request or a message, over that of the runtime's own HTTP server, and behind the spread the medians of
ours, of the straight code and of the own server.

| | ${RUNTIMES.join(" | ")} |
| --- | ---: | ---: | ---: |
${lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("")}`;
}

function machine({ machine, rows, settings }: Results): string {
  const { date, processor, cores, kernel, loadAverage, versions } = machine;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const rounds = Math.max(...rows.map((row) => row.rounds.length));
  const warning = settings.quick ? "**A quick run: none of its numbers means anything.**\n\n" : "";
  return `${warning}${date}, ${processor}, ${cores} cores, Linux ${kernel}, load ${
    loadAverage.toFixed(1)
  } at the
beginning; up to ${rounds} rounds. ${programs.join(", ")}.
`;
}

function targets(rows: readonly Row[]): string {
  const lines = targetsOf(rows).map(({ what, target, measured, met }) =>
    `| ${what} | ${target} | ${measured} | ${met ? "yes" : "**no**"} |\n`
  );
  return `## Targets

| | target | measured | met |
| --- | ---: | ---: | --- |
${lines.join("")}`;
}
