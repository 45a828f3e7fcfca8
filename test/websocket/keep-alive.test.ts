/** Pings and the time-out of a silent peer. */

import { describe, expect, test } from "bun:test";
import { type KeepAlive, keepAlive, PING_INTERVAL } from "../../src/websocket/keep-alive.ts";

/** Runs a connection whose peer is silent: when it is pinged, and when given up. */
function silence(times: KeepAlive, until: number, step: number): string[] {
  const steps: string[] = [];
  let pinged = 0;
  for (let now = 0; now <= until; now += step) {
    const action = keepAlive(times, 0, pinged, now);
    if (action !== "wait") steps.push(`${action} ${now}`);
    if (action === "timeout") break;
    if (action === "ping") pinged = now;
  }
  return steps;
}

test("the default keeps a tunnel through nginx and lighttpd open, which close after 60 s", () => {
  expect(silence({ pingInterval: PING_INTERVAL, idleTimeout: 0 }, 100_000, 250))
    .toEqual(["ping 25000", "ping 50000", "ping 75000", "ping 100000"]);
});

test("a silent peer is pinged, then given up", () => {
  expect(silence({ pingInterval: 25, idleTimeout: 60 }, 1000, 1))
    .toEqual(["ping 25", "ping 50", "timeout 60"]);
});

test("each of both may be switched off", () => {
  expect(silence({ pingInterval: 0, idleTimeout: 60 }, 1000, 1)).toEqual(["timeout 60"]);
  expect(silence({ pingInterval: 0, idleTimeout: 0 }, 1000, 1)).toEqual([]);
});

describe("with a ping each 25 and a time-out of 60", () => {
  const times = { pingInterval: 25, idleTimeout: 60 };
  const rows: [string, number, number, number, ReturnType<typeof keepAlive>][] = [
    ["a peer that was heard is not pinged", 100, 0, 110, "wait"],
    ["a peer that answered counts from its answer", 130, 125, 154, "wait"],
    ["a peer that was just pinged has time", 100, 125, 130, "wait"],
    ["a late ping is sent at once", 100, 100, 140, "ping"],
    ["a ping that is far too late is a time-out", 100, 100, 999, "timeout"],
  ];
  for (const [name, heard, pinged, now, action] of rows) {
    test(name, () => expect(keepAlive(times, heard, pinged, now)).toBe(action));
  }
});
