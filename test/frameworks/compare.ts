/** Declares the tests of a runtime: each app does over SCGI what it does over HTTP. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { describeWith } from "../support/require.ts";
import type { Runtime } from "../support/server.ts";
import { type App, apps } from "./apps.ts";
import { MEANT } from "./differences.ts";
import { folder, installFrameworks } from "./install.ts";
import { type Arrived, AS_MADE, type Side } from "./side.ts";
import { startOverHttp, startOverScgi } from "./start.ts";

/** The requests of a client, by a sentence on what the app does then; each returns what came of it. */
type Client = Record<string, (side: Side) => Promise<unknown>>;

/** Declares the tests of all apps on a runtime. */
export async function compareApps(runtime: Runtime): Promise<void> {
  installFrameworks();
  // Bun remembers folders as it found them; where an import fails, it looks again.
  await import(join(folder, "none.js")).catch(() => {});
  for (const app of apps) {
    if (app.on?.includes(runtime) === false) continue;
    const { client } = await import(join(folder, app.name, "client.js")) as { client: Client };
    describeWith("nginx", `${app.name} (${runtime})`, () => compareApp(runtime, app, client));
  }
}

function compareApp(runtime: Runtime, app: App, client: Client): void {
  const listens = app.listens?.includes(runtime) === true;
  const exported = new Running(() => startOverHttp(runtime, app, "app"));
  const own = listens ? new Running(() => startOverHttp(runtime, app, "listen")) : exported;
  const served = new Running(() => startOverScgi(runtime, app, "app", "serve"));
  const run = new Running(() => startOverScgi(runtime, app, listens ? "listen" : "app", "run"));
  // Node has no server for fetch handlers that `scgi run` would stand in for.
  const pairs: [over: string, scgi: Running, http: Running][] = runtime === "node"
    ? [["scgi serve", served, own]]
    : app.unserved?.includes(runtime) === true
    ? [["scgi run", run, own]]
    : [["scgi serve", served, exported], ["scgi run", run, own]];
  const all = [...new Set(pairs.flatMap(([, scgi, http]) => [scgi, http]))];

  beforeAll(async () => void await Promise.all(all.map((each) => each.start())), 60_000);
  afterAll(async () => void await Promise.all(all.map((each) => each.stop())), 60_000);

  for (const [title, ask] of Object.entries(client)) {
    for (const [over, scgi, http] of pairs) {
      test(`${title}, as over HTTP (${over})`, async () => {
        const [expected, outcome] = await Promise.all([
          http.outcome(title, ask),
          scgi.outcome(title, ask),
        ]);
        if (isMeant(runtime, app, title)) return expect(outcome).not.toEqual(expected);
        const { arrived, threw } = Object(expected) as { arrived?: Arrived; threw?: string };
        expect(threw).toBeUndefined();
        if (arrived !== undefined) expect(arrived).toEqual(AS_MADE);
        expect(outcome).toEqual(expected);
      });
    }
  }
}

function isMeant(runtime: Runtime, { name }: App, title: string): boolean {
  return MEANT.some(({ app, on, tests }) => app === name && on === runtime && tests.test(title));
}

/** An app that is started, and what came of each test. */
class Running {
  readonly #start: () => Promise<Side>;
  readonly #outcomes = new Map<string, Promise<unknown>>();
  #side: Promise<Side> | undefined;

  constructor(start: () => Promise<Side>) {
    this.#start = start;
  }

  /** Starts it; where that fails, each of its tests does. */
  async start(): Promise<void> {
    this.#side = this.#start();
    await this.#side.catch(() => {});
  }

  /** What comes of a test, which is done once. */
  async outcome(title: string, ask: (side: Side) => Promise<unknown>): Promise<unknown> {
    const side = await this.#side!;
    let outcome = this.#outcomes.get(title);
    if (outcome === undefined) {
      side.upstream.reset();
      outcome = ask(side).catch((error) => ({ threw: side.neutral(String(error)) }));
      this.#outcomes.set(title, outcome);
    }
    return await outcome;
  }

  async stop(): Promise<void> {
    const side = await this.#side?.catch(() => undefined);
    await side?.[Symbol.asyncDispose]();
  }
}
