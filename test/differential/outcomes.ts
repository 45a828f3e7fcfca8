/** All cases of a runtime and a command, tried over HTTP and over SCGI. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "../support/server.ts";
import { type Case, readTables, type Via } from "./case.ts";
import { tables } from "./cases/all.ts";
import { type Comparable, comparable } from "./compare.ts";
import { type Command, type Pair, type Side, startPair } from "./pair.ts";
import { askBeside, type Seen, tryCase } from "./try-case.ts";

/** What one case was, in one way and one round. */
export interface Outcome {
  readonly via: Via;
  readonly http: Comparable;
  readonly scgi: Comparable;
}

/** How many cases a server is asked at the same time, straight and behind nginx each. */
const AT_ONCE = 12;
/** The longest that events are waited for which one side alone has, in milliseconds. */
const SETTLE = 4_000;
const vias = ["straight", "nginx"] as const;

const all = [...readTables(tables).values()];

type Replies = Map<string, Seen[]>;
type Events = Record<string, string[]>;

/** The cases that a runtime and a command have. */
export function casesOf(runtime: Runtime, command: Command): Case[] {
  return all.filter(({ shape: { on, by } }) =>
    (on?.includes(runtime) ?? true) && (by ?? command) === command
  );
}

/** Tries them all. */
export async function tryCases(
  runtime: Runtime,
  command: Command,
): Promise<Map<Case, Outcome[]>> {
  const cases = casesOf(runtime, command);
  await using pair = await startPair(runtime, command);
  const replies = { http: new Map() as Replies, scgi: new Map() as Replies };
  await Promise.all(vias.flatMap((via) => [
    tryAll(pair.http, via, cases, replies.http),
    tryAll(pair.scgi, via, cases, replies.scgi),
  ]));
  const events = await settledEvents(pair, cases);
  const outcomes = cases.map((one): [Case, Outcome[]] => [
    one,
    viasOf(one).flatMap((via) => {
      const id = idOf(one, via);
      return replies.http.get(id)!.map((http, round) => {
        const both = { http, scgi: replies.scgi.get(id)![round]! };
        return {
          via,
          http: comparable(both.http, both, events.http[id] ?? [], one.shape),
          scgi: comparable(both.scgi, both, events.scgi[id] ?? [], one.shape),
        };
      });
    }),
  ]);
  return new Map(outcomes);
}

/** Tries all cases over one side, several at a time. */
async function tryAll(side: Side, via: Via, cases: Case[], replies: Replies): Promise<void> {
  const left = cases.filter((one) => viasOf(one).includes(via)).values();
  const work = async () => {
    for (const one of left) {
      const id = idOf(one, via);
      replies.set(id, await tryCase(side.doors[via], one, id));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** The events of all tries, once both sides have the same ones, or it has taken too long. */
async function settledEvents(
  pair: Pair,
  cases: Case[],
): Promise<{ http: Events; scgi: Events }> {
  const ask = async ({ doors }: Side): Promise<Events> =>
    JSON.parse((await askBeside(doors.straight, "/events")).body || "{}");
  const both = async () => ({ http: await ask(pair.http), scgi: await ask(pair.scgi) });
  const deadline = Date.now() + SETTLE;
  while (true) {
    const events = await both();
    const settled = Bun.deepEquals(events.http, events.scgi) &&
      cases.every((one) => hasAwaited(one, events.http));
    if (settled || Date.now() > deadline) return events;
    await sleep(30);
  }
}

function hasAwaited(one: Case, events: Events): boolean {
  return viasOf(one).every((via) =>
    (one.shape.awaits ?? []).every((awaited) =>
      events[idOf(one, via)]?.some((event) => event.startsWith(awaited))
    )
  );
}

function viasOf({ shape }: Case): readonly Via[] {
  return shape.via === undefined ? vias : [shape.via];
}

function idOf(one: Case, via: Via): string {
  return `${all.indexOf(one)}-${via}`;
}
