/** What the server is to reach, and whether it does. */

import { compare, COMPARED } from "./compared.ts";
import { PACED } from "./groups.ts";
import {
  baselineOf,
  HTTP_SERVERS,
  type Metric,
  type Part,
  ratioOf,
  type Row,
  sameLoad,
  type Spread,
  spreadOf,
} from "./results.ts";
import { requestHead, scenarios } from "./scenarios.ts";
import type { BenchRuntime } from "./settings.ts";
import { number, spreadText } from "./table.ts";

/** One target. */
export interface Target {
  readonly what: string;
  /** "≤ 1.30", "≥ 0.95". */
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

/** A peak that grows by no more is flat: the runtimes' heaps breathe. */
const FLAT_MIB = 64;
const IDLE_KIB = 8;
/** The most CPU time of a message over a WebSocket, over that of the runtime's own server. */
const NATIVE_CPU: Record<BenchRuntime, number> = { bun: 1.3, deno: 1.1, node: Infinity };
const SOCKET_KIB = 4;
const UWSGI = "uWSGI, Python";

/** The most CPU time of a hello: over that of the bare server, and over that of uWSGI. */
const MOST: Record<BenchRuntime, { plain: number; hono: number; uwsgi?: number }> = {
  bun: { plain: 1.25, hono: 1.3, uwsgi: 1 },
  deno: { plain: 1.45, hono: 1.5, uwsgi: 1.2 },
  node: { plain: 1.5, hono: 1.5 },
};

/** Those that these rows tell of. */
export function targetsOf(rows: readonly Row[]): Target[] {
  const targets: Target[] = [];
  const add = (what: string, bound: Bound, measured: Spread | undefined, note = "") => {
    if (measured === undefined) return;
    const { limit, most } = bound;
    const target = `${most ? "≤" : "≥"} ${limit}`;
    const met = most ? measured.median <= limit : measured.median >= limit;
    targets.push({ what, target, measured: `${spreadText(measured)}${note}`, met });
  };
  for (const [runtime, most] of Object.entries(MOST)) {
    const find = (part: Part, scenario: string, variant: string, detail = "") =>
      rows.find((row) =>
        row.part === part && row.scenario === scenario && row.variant === variant &&
        row.runtime === runtime && row.detail === detail && row.transport === "unix"
      );
    const overBare = (row: Row | undefined, metric: Metric) =>
      row === undefined ? undefined : ratioOf(row, baselineOf(row, rows), metric);
    const over = (row: Row | undefined, other: string, metric: Metric) =>
      row === undefined ? undefined : ratioOf(
        row,
        rows.find((one) => sameLoad(one, row) && one.variant === other),
        metric,
      );

    for (const compared of COMPARED) {
      const limit = compared.most?.[runtime as BenchRuntime];
      if (limit === undefined) continue;
      const { ratio, floor } = compare(compared, runtime as BenchRuntime, rows) ?? {};
      const floorNote = floor === undefined ? "" : `; straight ${number(floor.median)}`;
      const other = compared.part === "client" ? "bare" : HTTP_SERVERS[runtime as BenchRuntime];
      add(`${runtime}: CPU over ${other}, ${compared.title}`, atMost(limit), ratio, floorNote);
    }
    for (const detail of [PACED.detail, ""]) {
      const hello = `hello at ${detail || "full load"}`;
      const found = (variant: string) => find("direct", "hello", variant, detail);
      const cpu = (variant: string) => overBare(found(variant), "cpu");
      add(`${runtime}: CPU over bare, ${hello}, Hono`, atMost(most.hono), cpu("hono"));
      const plain = atMost(most.plain);
      add(`${runtime}: CPU over bare, ${hello}, function`, plain, cpu("function"));
      const unrecorded = "hono, recordResponses: false";
      add(`${runtime}: CPU over bare, ${hello}, ${unrecorded}`, atMost(1.5), cpu(unrecorded));
      if (most.uwsgi === undefined) continue;
      const overUwsgi = over(found("hono"), UWSGI, "cpu");
      const bare = over(found("bare"), UWSGI, "cpu");
      const floor = `; bare ${number(bare?.median ?? NaN)}`;
      add(`${runtime}: CPU over uWSGI's, ${hello}, Hono`, atMost(most.uwsgi), overUwsgi, floor);
    }

    const behind = find("nginx", "hello", "hono");
    const perSecond = overBare(behind, "perSecond");
    add(`${runtime}: requests/s through nginx over bare, Hono`, atLeast(0.95), perSecond);
    const own = HTTP_SERVERS[runtime as BenchRuntime];
    const overHttp = over(behind, own, "perSecond");
    add(
      `${runtime}: requests/s through nginx over ${own} without keep-alive`,
      atLeast(1),
      overHttp,
    );

    for (const app of ["function", "hono"]) {
      const reply = overBare(find("direct", "reply1m", app), "perSecond");
      add(`${runtime}: throughput over bare, 1 MiB reply, ${app}`, atLeast(0.9), reply);
      for (const kind of ["upload256m", "download256m"]) {
        const row = find("transfer", kind, app);
        const way = kind === "upload256m" ? "upload" : "download";
        const throughput = overBare(row, "perSecond");
        add(`${runtime}: throughput over bare, 256 MiB ${way}, ${app}`, atLeast(0.8), throughput);
        const bare = row && baselineOf(row, rows);
        const note = bare && row !== undefined
          ? `; bare ${number(peakGrowth(bare)?.median ?? NaN)}`
          : "";
        const growth = row && peakGrowth(row);
        const what = `${runtime}: peak memory over what was held, 256 MiB ${way}, ${app}, MiB`;
        add(what, atMost(FLAT_MIB), growth, note);
      }
    }

    for (const app of ["function", "hono"]) {
      const at = (detail: string, variant = app) => find("growth", "hello", variant, detail);
      const grown = (detail: string, from: string, variant = app) => {
        const row = at(detail, variant);
        return row === undefined ? undefined : ratioOf(row, at(from, variant), "cpu");
      };
      for (
        const [few, many] of [["1 connection", 16], ["16 connections", 100], [
          "16 connections",
          1000,
        ]]
      ) {
        const detail = `${many} connections`;
        const bare = grown(detail, `${few}`, "bare");
        const what = `${runtime}: CPU at ${detail} over that at ${few}, ${app}`;
        const note = `; bare ${number(bare?.median ?? NaN)}`;
        add(what, atMost(1.1), grown(detail, `${few}`), note);
      }
      const bytes = (headers: number) => requestHead({ ...scenarios.hello, headers }).length;
      const byBytes = bytes(60) / bytes(4);
      const what = `${runtime}: CPU with 60 headers over that with 4, ${app}`;
      add(what, atMost(Number(byBytes.toFixed(2))), grown("60 headers", "4 headers"));
    }

    for (const app of ["function", "hono"]) {
      const idle = rows.find((row) =>
        row.part === "idle" && row.runtime === runtime && row.variant === app
      );
      const bare = idle && baselineOf(idle, rows);
      const more = bare && moreBytes(idle, bare);
      const what = `${runtime}: KiB more than bare for an idle connection, ${app}`;
      add(what, atMost(IDLE_KIB), more);
    }
    const mostOfNative = NATIVE_CPU[runtime as BenchRuntime];
    for (const row of rows.filter((row) => row.part === "websocket" && row.runtime === runtime)) {
      const native = baselineOf(row, rows);
      if (row.variant !== "scgi run" || native === undefined) continue;
      const what = `${runtime}: %s native's, ${row.scenario}, scgi run`;
      const cpu = ratioOf(row, native, "cpu");
      add(what.replace("%s", "CPU over"), atMost(mostOfNative), cpu);
      const more = cpu === undefined ? moreBytes(row, native) : undefined;
      add(what.replace("%s", "KiB a socket more than"), atMost(SOCKET_KIB), more);
    }
    const packaged = find("start-up", "hello", "serve(), function");
    if (runtime !== "node") {
      add(`${runtime}: start-up over bare, serve()`, atMost(2), overBare(packaged, "startUp"));
    }
    for (const app of ["function", "hono"]) {
      const start = overBare(find("start-up", "hello", `scgi serve, ${app}`), "startUp");
      add(`${runtime}: start-up over bare, ${app}`, atMost(1.5), start);
    }
  }
  return targets;
}

interface Bound {
  readonly limit: number;
  /** Whether it is the most that may be, not the least. */
  readonly most: boolean;
}

function atMost(limit: number): Bound {
  return { limit, most: true };
}

function atLeast(limit: number): Bound {
  return { limit, most: false };
}

function peakGrowth(row: Row): Spread | undefined {
  const rounds = row.rounds.map(({ memory = NaN, memoryBefore = NaN }) => ({
    memory: (memory - memoryBefore) / 1024,
  }));
  return spreadOf({ ...row, rounds }, "memory");
}

function moreBytes(row: Row, bare: Row): Spread | undefined {
  const rounds = row.rounds.map(({ idleBytes = NaN }, index) => ({
    idleBytes: (idleBytes - (bare.rounds[index]?.idleBytes ?? NaN)) / 1024,
  }));
  return spreadOf({ ...row, rounds }, "idleBytes");
}
