/** How the benchmark is run. */

import { join } from "node:path";
import { parseArgs } from "node:util";

export type BenchRuntime = "bun" | "deno" | "node";

export interface Settings {
  readonly rounds: number;
  /** How long a round of a server is. */
  readonly milliseconds: number;
  /** How long it is loaded before the first, at most. */
  readonly warmUp: number;
  readonly runtimes: readonly BenchRuntime[];
  /** Processes that send requests. */
  readonly generators: number;
  /** Rows to measure, by their labels: `direct/hello/unix/bun/hono`. */
  readonly only: RegExp;
  /** Whether only to see that all of it works. */
  readonly quick: boolean;
  /** The folder for the results. */
  readonly results: string;
}

export const USAGE = `bun run bench [OPTION]…
  --quick            one that only shows that everything works
  --rounds N         rounds of each server (9); half of them through nginx, but for WebSockets, and
                     fewer where they differ little
  --milliseconds N   length of a round (250), through nginx 1000
  --only REGEX       only rows of which this finds the label: direct/hello/unix/bun/hono,
                     growth/hello, 1000 connections/unix/deno/bare; what it is compared with stays
  --runtimes LIST    of bun, deno, node (all)
  --generators N     processes that send requests (2)
  --results FOLDER   where latest.json, latest.md and cpu.svg are written
`;

const WARM_UP_ROUNDS = 8;

/** Reads the command line. */
export function readSettings(args: string[]): Settings | undefined {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      milliseconds: { type: "string" },
      only: { type: "string", default: "" },
      runtimes: { type: "string", default: "bun,deno,node" },
      generators: { type: "string", default: "2" },
      results: { type: "string", default: join(import.meta.dirname, "results") },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { quick } = values;
  const milliseconds = Number(values.milliseconds ?? (quick ? 60 : 250));
  return {
    quick,
    rounds: Number(values.rounds ?? (quick ? 1 : 9)),
    milliseconds,
    warmUp: quick ? milliseconds : WARM_UP_ROUNDS * milliseconds,
    runtimes: values.runtimes.split(",") as BenchRuntime[],
    generators: Number(values.generators),
    only: new RegExp(values.only),
    results: values.results,
  };
}
