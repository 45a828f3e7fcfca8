/** All loads, and the servers that are compared under each. */

import type { Group } from "./direct.ts";
import type { Part } from "./results.ts";
import { type ScenarioName, scenarios } from "./scenarios.ts";
import { bare, http, ours, perl, served, type Transport, uwsgi, type Variant } from "./servers.ts";
import type { BenchRuntime, Settings } from "./settings.ts";

/** How many requests are under way at a time, unless that is what is measured. */
const CONCURRENCY = 16;
const LARGE_CONCURRENCY = 4;
/**
 * The same work for all: what CPU time a request costs depends on how much a server has to do, since
 * one that is seldom idle is seldom woken.
 */
export const PACED = { detail: "10000 requests/s", rate: 10_000, concurrency: 2 };
/** The least that a server of ours accepts by itself, so it is told to accept more. */
const IDLE_LIMIT = 12_000;

/** Loads that come directly. */
export function directGroups(settings: Settings): Group[] {
  const { runtimes, quick } = settings;
  const compared = runtimes.flatMap(comparedOn);
  const groups: Group[] = [];
  for (const transport of ["unix", "tcp"] as const) {
    const others = transport === "unix" ? [uwsgi, perl] : [];
    const forHello = runtimes.flatMap((
      runtime,
    ) => [...comparedOn(runtime), ...unrecorded(runtime)]);
    groups.push(direct("hello", transport, [...forHello, ...others]));
    if (quick && transport === "tcp") continue;
    for (const kind of ["json", "post1k", "post1m", "reply1m", "bytes1m", "stream"] as const) {
      groups.push(direct(kind, transport, compared));
    }
  }
  groups.push({
    part: "growth",
    transport: "unix",
    variants: compared,
    demands: [
      ...[1, 16, 100, 1000].map((concurrency) => ({
        scenario: scenarios.hello,
        detail: `${concurrency} connection${concurrency === 1 ? "" : "s"}`,
        concurrency,
      })),
      ...[4, 60].map((headers) => ({
        scenario: { ...scenarios.hello, headers },
        detail: `${headers} headers`,
        concurrency: CONCURRENCY,
      })),
    ],
  });
  for (const kind of ["upload256m", "download256m"] as const) {
    const once = { detail: "", concurrency: 1, requests: 1 };
    const demands = [{ scenario: scenarios[kind], ...once }];
    groups.push({ part: "transfer", transport: "unix", variants: compared, demands });
  }
  return groups.flatMap((group) => wanted(group, settings.only));
}

/** Connections that send nothing. */
export function idleGroups({ runtimes, quick, only }: Settings): Group[] {
  const concurrency = quick ? 1000 : 10_000;
  const demand = { scenario: scenarios.hello, detail: `${concurrency} idle`, concurrency };
  const variants = runtimes.flatMap((runtime) => [
    bare(runtime),
    ours(runtime, "function", { maxConnections: IDLE_LIMIT }),
    ours(runtime, "hono", { maxConnections: IDLE_LIMIT }),
  ]);
  return wanted({ part: "idle", transport: "unix", variants, demands: [demand] }, only);
}

/** Loads that come through nginx. */
export function nginxGroups({ runtimes, quick, only }: Settings): Group[] {
  const group = (kind: ScenarioName, others: Variant[]): Group => ({
    part: "nginx",
    transport: "unix",
    variants: [...runtimes.flatMap(throughNginx), ...others],
    demands: [{ scenario: scenarios[kind], detail: "", concurrency: 32 }],
  });
  const kinds = quick ? [] : ["json", "post1k", "reply1m", "stream"] as const;
  return [
    group("hello", [uwsgi, perl]),
    ...kinds.map((kind) => group(kind, [])),
  ].flatMap((one) => wanted(one, only));
}

/** Servers whose start is timed. */
export function startUpGroups({ runtimes, only }: Settings): Group[] {
  const variants = runtimes.flatMap((runtime) => [
    bare(runtime),
    served(runtime, "function"),
    served(runtime, "hono"),
  ]);
  const demand = { scenario: scenarios.hello, detail: "", concurrency: 1 };
  return wanted({ part: "start-up", transport: "unix", variants, demands: [demand] }, only);
}

function direct(kind: ScenarioName, transport: Transport, variants: Variant[]): Group {
  const concurrency = scenarios[kind].upload + scenarios[kind].write >= 1_048_576
    ? LARGE_CONCURRENCY
    : CONCURRENCY;
  const full = { scenario: scenarios[kind], detail: "", concurrency };
  const demands = kind === "hello" ? [full, { ...full, ...PACED }] : [full];
  return { part: "direct", transport, variants, demands };
}

function comparedOn(runtime: BenchRuntime): Variant[] {
  return [bare(runtime), ours(runtime, "function"), ours(runtime, "hono")];
}

function unrecorded(runtime: BenchRuntime): Variant[] {
  return [ours(runtime, "hono", { recordResponses: false })];
}

function throughNginx(runtime: BenchRuntime): Variant[] {
  return [bare(runtime), ours(runtime, "hono"), http(runtime, false), http(runtime, true)];
}

/** A group without what is not asked for; bare servers stay, to compare with. */
function wanted(group: Group, only: RegExp): Group[] {
  const chosen = group.variants.filter((variant) =>
    group.demands.some((demand) =>
      only.test(labelOf({ ...group, ...demand, scenario: demand.scenario.name }, variant))
    )
  );
  if (chosen.length === 0) return [];
  const variants = group.variants.filter((variant) =>
    chosen.includes(variant) ||
    variant.name === "bare" && chosen.some(({ runtime }) => runtime === variant.runtime)
  );
  return [{ ...group, variants }];
}

/** What `--only` is compared with. */
export function labelOf(
  { part, scenario, detail, transport }: {
    part: Part;
    scenario: string;
    detail: string;
    transport: Transport;
  },
  { runtime, name }: Pick<Variant, "runtime" | "name">,
): string {
  const what = detail === "" ? scenario : `${scenario}, ${detail}`;
  return [part, what, transport, runtime, name].join("/");
}
