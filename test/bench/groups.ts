/** All loads, and the servers that are compared under each. */

import type { Group } from "./direct.ts";
import type { Part } from "./results.ts";
import { isBaseline, isOwn } from "./results.ts";
import { routes, type ScenarioName, scenarios } from "./scenarios.ts";
import {
  bare,
  bytecode,
  http,
  logging,
  ours,
  own,
  packaged,
  perl,
  scripts,
  served,
  straight,
  type Transport,
  uwsgi,
  type Variant,
} from "./servers.ts";
import type { BenchRuntime, Settings } from "./settings.ts";
import { clients } from "./clients.ts";

/** How many requests are under way at a time, unless that is what is measured. */
const CONCURRENCY = 16;
const LARGE_CONCURRENCY = 4;
/**
 * The same work for all: what CPU time a request costs depends on how much a server has to do, since
 * one that is seldom idle is seldom woken.
 */
export const PACED = { detail: "10000 requests/s", rate: 10_000, concurrency: 2 };
/** More would tell the same of what differs little from round to round, or takes long. */
const GROWTH_ROUNDS = 5;
const NGINX_ROUNDS = 3;
/** The least that a server of ours accepts by itself, so it is told to accept more. */
const IDLE_LIMIT = 12_000;

/** Loads that come directly. */
export function directGroups(settings: Settings): Group[] {
  const { runtimes } = settings;
  const on = (servers: (runtime: BenchRuntime) => Variant[]) => runtimes.flatMap(servers);
  const compared = on(comparedOn);
  const groups: Group[] = [
    direct("hello", "unix", [...on(helloOn), uwsgi, perl]),
    direct(
      "json",
      "unix",
      on((runtime) => [...comparedOn(runtime), straight(runtime), own(runtime)]),
    ),
    direct(
      "reply1m",
      "unix",
      on((runtime) => [...comparedOn(runtime), straight(runtime), own(runtime)]),
    ),
    ...(["post1k", "post1m", "bytes1m", "stream"] as const).map((kind) =>
      direct(kind, "unix", on((runtime) => [bare(runtime), ...besideOwn(runtime)]))
    ),
    ...(["headers", "chunks", "echo1m"] as const).map((kind) =>
      direct(kind, "unix", on(besideOwn))
    ),
    direct("hello", "tcp", compared),
  ];
  if (runtimes.includes("bun")) {
    const demands = Object.values(routes)
      .map((scenario) => ({ scenario, detail: "", concurrency: CONCURRENCY }));
    groups.push({
      part: "run",
      transport: "unix",
      variants: [...scripts(), straight("bun")],
      demands,
    });
  }
  const logged = { scenario: scenarios.hello, detail: "", concurrency: CONCURRENCY };
  groups.push({ part: "log", transport: "unix", variants: on(logging), demands: [logged] });
  groups.push({
    mostRounds: GROWTH_ROUNDS,
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

/** Event streams that many clients listen to. */
export function eventGroups({ runtimes, quick, only }: Settings): Group[] {
  const concurrency = quick ? 100 : 1000;
  const demand = { scenario: scenarios.events, detail: `${concurrency} clients`, concurrency };
  const variants = runtimes.flatMap(besideOwn);
  return wanted({ part: "events", transport: "unix", variants, demands: [demand] }, only);
}

/** Calls of clients. */
export function clientGroups({ runtimes, only }: Settings): Group[] {
  const demand = { scenario: scenarios.hello, detail: "", concurrency: CONCURRENCY };
  const variants = runtimes.flatMap(clients);
  return wanted({ part: "client", transport: "unix", variants, demands: [demand] }, only);
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
  const group = (kind: ScenarioName, variants: Variant[]): Group => ({
    part: "nginx",
    transport: "unix",
    variants,
    demands: [{ scenario: scenarios[kind], detail: "", concurrency: 32 }],
  });
  const bareToo = (runtime: BenchRuntime) => [bare(runtime), ...throughNginx(runtime)];
  const kinds = quick ? [] : ["json", "post1k", "reply1m", "stream"] as const;
  return [
    group("hello", [...runtimes.flatMap(bareToo), uwsgi, perl]),
    ...kinds.map((kind) => ({
      ...group(kind, runtimes.flatMap(throughNginx)),
      mostRounds: NGINX_ROUNDS,
    })),
  ].flatMap((one) => wanted(one, only));
}

/** Servers whose start is timed. */
export function startUpGroups({ runtimes, only }: Settings): Group[] {
  const variants = runtimes.flatMap((runtime) => [
    bare(runtime),
    packaged(runtime),
    ...runtime === "bun" ? [bytecode] : [],
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
  const isPaced = kind === "hello" && transport === "unix";
  const demands = isPaced ? [full, { ...full, ...PACED }] : [full];
  return { part: "direct", transport, variants, demands };
}

function comparedOn(runtime: BenchRuntime): Variant[] {
  return [bare(runtime), ours(runtime, "function"), ours(runtime, "hono")];
}

function helloOn(runtime: BenchRuntime): Variant[] {
  const unrecorded = ours(runtime, "hono", { recordResponses: false });
  return [...comparedOn(runtime), unrecorded, straight(runtime), own(runtime)];
}

function besideOwn(runtime: BenchRuntime): Variant[] {
  return [ours(runtime, "function"), straight(runtime), own(runtime)];
}

function throughNginx(runtime: BenchRuntime): Variant[] {
  return [ours(runtime, "hono"), http(runtime, false), http(runtime, true)];
}

/** A group without what is not asked for; what it is compared with stays. */
function wanted(group: Group, only: RegExp): Group[] {
  const chosen = group.variants.filter((variant) =>
    group.demands.some((demand) =>
      only.test(labelOf({ ...group, ...demand, scenario: demand.scenario.name }, variant))
    )
  );
  if (chosen.length === 0) return [];
  const variants = group.variants.filter((variant) =>
    chosen.includes(variant) ||
    isComparedWith(group.part, variant) &&
      chosen.some(({ runtime }) => runtime === variant.runtime)
  );
  return [{ ...group, variants }];
}

function isComparedWith(part: Part, { runtime, name }: Variant): boolean {
  return isBaseline({ part, variant: name }) || isOwn({ runtime, variant: name });
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
