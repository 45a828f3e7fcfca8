/** What an app does, beside the runtime's own HTTP server doing the same: titles, rows and limits. */

import {
  baselineOf,
  differenceOf,
  isOwn,
  ownOf,
  type Part,
  ratioOf,
  type Row,
  sameLoad,
  type Spread,
  spreadOf,
  STRAIGHT,
} from "./results.ts";
import type { BenchRuntime } from "./settings.ts";

/** One line of the table. */
export interface Compared {
  readonly title: string;
  readonly part: Part;
  readonly scenario: string;
  /** The load, where the part has several. */
  readonly detail?: RegExp;
  readonly variant: string;
  /** The most CPU time, over that of what it is beside; unset, the difference is told. */
  readonly most?: Record<BenchRuntime, number>;
}

const MOST = { bun: 1.5, deno: 1.5, node: 1.2 };

/** An app that is a function. */
function app(title: string, scenario: string, most = MOST, detail = /^$/): Compared {
  return { title, part: "direct", scenario, detail, variant: "function", most };
}

/** A script under `scgi run`. */
function run(scenario: string, most = MOST): Compared {
  return { title: `\`scgi run\`: ${scenario}`, part: "run", scenario, variant: "scgi run", most };
}

function all(most: number): Record<BenchRuntime, number> {
  return { bun: most, deno: most, node: most };
}

/** What most apps do. */
export const USUAL: readonly Compared[] = [
  app("hello", "hello"),
  app("JSON, 12 headers, one is read", "json"),
  app("12 headers, all are read", "headers"),
  app("POST of 1 MiB, `text()`", "post1m"),
  app("bytes of 1 MiB", "bytes1m"),
  app("stream of 16 × 4 KiB", "stream"),
  app("stream of 500 × 16 B", "chunks", all(2)),
  app("echo of 1 MiB", "echo1m"),
  {
    title: "event, to each of many clients",
    part: "events",
    scenario: "events",
    variant: "function",
    most: all(1.3),
  },
  run("static route", all(2)),
];

/** Further ones, with the same limits. */
const FURTHER: readonly Compared[] = [
  app("hello, at a fixed rate", "hello", MOST, /requests\/s/),
  app("POST of 1 KiB, `arrayBuffer()`", "post1k"),
  app("text of 1 MiB", "reply1m"),
  run("route with a parameter"),
  run("fetch handler"),
];

/** All of them. Last are those that are beside something else, as their titles say. */
export const COMPARED: readonly Compared[] = [
  ...USUAL,
  ...FURTHER,
  {
    title: "call of `scgi/client`, beside a canned one",
    part: "client",
    scenario: "hello",
    variant: "scgi/client",
    most: all(2.5),
  },
  {
    title: "hello with `--log=FILE`, beside one without",
    part: "log",
    scenario: "hello",
    variant: "--log",
  },
];

/** CPU time of a request, a message or a call. */
export interface Comparison {
  readonly ours: Spread;
  /** That of the straight code; undefined where it was not measured. */
  readonly straight: Spread | undefined;
  readonly theirs: Spread;
  readonly ratio: Spread;
  /** That of the straight code over what it is beside: the floor of the ratio. */
  readonly floor: Spread | undefined;
  readonly more: Spread;
}

/** Finds the rows of a runtime, and compares them; undefined where they were not measured. */
export function compare(
  { part, scenario, detail = /^/, variant }: Compared,
  runtime: BenchRuntime,
  rows: readonly Row[],
): Comparison | undefined {
  const row = rows.find((row) =>
    row.part === part && row.scenario === scenario && row.variant === variant &&
    row.runtime === runtime && row.transport === "unix" && detail.test(row.detail)
  );
  const other = row && (ownOf(row, rows) ?? baselineOf(row, rows));
  // Results may have only the bare server.
  if (row === undefined || other === undefined || part === "direct" && !isOwn(other)) return;
  const straight = rows.find((one) =>
    sameLoad(one, row) && one.runtime === runtime && one.variant === STRAIGHT
  );
  return {
    ours: spreadOf(row, "cpu")!,
    straight: straight && spreadOf(straight, "cpu"),
    theirs: spreadOf(other, "cpu")!,
    ratio: ratioOf(row, other, "cpu")!,
    floor: straight && ratioOf(straight, other, "cpu"),
    more: differenceOf(row, other, "cpu")!,
  };
}
