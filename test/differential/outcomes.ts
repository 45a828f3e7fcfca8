/** All cases of a runtime and a command, tried over HTTP and over SCGI. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "../support/server.ts";
import { type Case, readTables, type Via } from "./case.ts";
import { tables } from "./cases/all.ts";
import { comparable } from "./compare.ts";
import { judge, type Judged } from "./judge.ts";
import type { Outcome } from "./meant.ts";
import { type Command, type Side, startPair } from "./pair.ts";
import { askBeside, type Seen, tryCase } from "./try-case.ts";

/** How many cases a server is asked at the same time, straight and behind nginx each. */
const AT_ONCE = 12;
/** The longest that events are waited for while some are missing, in milliseconds. */
const SETTLE = 5_000;
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

/** Tries them all, and judges what they were. */
export async function tryCases(
  runtime: Runtime,
  command: Command,
): Promise<Map<Case, Judged[]>> {
  const cases = casesOf(runtime, command);
  await using pair = await startPair(runtime, command);
  const replies = { http: new Map() as Replies, scgi: new Map() as Replies };
  await Promise.all(vias.flatMap((via) => [
    tryAll(pair.http, via, cases, replies.http),
    tryAll(pair.scgi, via, cases, replies.scgi),
  ]));
  // What an app sees may come after the reply.
  const deadline = Date.now() + SETTLE;
  while (true) {
    const events = { http: await eventsOf(pair.http), scgi: await eventsOf(pair.scgi) };
    const judged = new Map(cases.map((one) => [
      one,
      outcomesOf(one, replies, events).map((outcome) => judge(runtime, command, one, outcome)),
    ]));
    const isSettled = cases.every((one) => hasAwaited(one, events.http)) &&
      [...judged.values()].flat().every(({ faults }) => faults.length === 0);
    if (isSettled || Date.now() > deadline) return judged;
    await sleep(50);
  }
}

function outcomesOf(
  one: Case,
  replies: Record<"http" | "scgi", Replies>,
  events: Record<"http" | "scgi", Events>,
): Outcome[] {
  return viasOf(one).flatMap((via) => {
    const id = idOf(one, via);
    return replies.http.get(id)!.map((http, round) => {
      const both = { http, scgi: replies.scgi.get(id)![round]! };
      return {
        via,
        http: comparable(both.http, both, events.http[id] ?? [], one.shape),
        scgi: comparable(both.scgi, both, events.scgi[id] ?? [], one.shape),
      };
    });
  });
}

/** The events of all tries so far. */
async function eventsOf({ doors }: Side): Promise<Events> {
  return JSON.parse((await askBeside(doors.straight, "/events")).body || "{}");
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
