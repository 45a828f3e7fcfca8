/** The figures as lines of text, and what they are made of. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { quantile, since } from "../../../src/cli/status/quantile.ts";
import type { StatusSnapshot } from "../../../src/cli/status/snapshot.ts";
import { countersOf, noFigures, plus } from "../../../src/cli/status/sum.ts";
import { statusLines } from "../../../src/cli/status/table.ts";
import { arbitraryFigures, arbitrarySnapshot } from "./arbitrary-snapshot.ts";

const none = noFigures();
const { bounds } = none.durations;
const durations = (counts: Record<number, number>, sum: number) => ({
  bounds,
  counts: [...bounds, Infinity].map((bound) => counts[bound] ?? 0),
  sum,
});

const snapshot: StatusSnapshot = {
  version: "0.1.0",
  runtime: "Bun 1.4.5",
  pid: 4211,
  since: 1_700_000_000_000,
  time: 1_700_000_000_000 + ((26 * 60 + 5) * 60 + 10) * 1000,
  state: "serving",
  total: {
    accepted: 1007,
    active: 5,
    upgraded: 2,
    rejected: { HEAD_TIMEOUT: 3, PEER_REFUSED: 1 },
    bytesIn: 1536,
    bytesOut: 5 * 2 ** 30,
    requests: { ...none.requests, "2xx": 980, "5xx": 20 },
    durations: durations({ 1: 500, 10: 490, 2500: 10 }, 20_000),
    loopLag: { last: 0.42, longest: 1250 },
    memory: { resident: 150 * 2 ** 20, heap: 30 * 2 ** 20 },
  },
};

describe("the lines", () => {
  test("tell all figures since the start", () => {
    expect(statusLines(snapshot)).toEqual([
      "serving      up 1 d 2 h   pid 4211   scgi 0.1.0   Bun 1.4.5",
      "requests     1000   0.0/s   2xx 980  5xx 20",
      "durations    p50 1.0 ms   p90 9.1 ms   p99 10 ms   mean 20 ms",
      "connections  5 open   2 websockets   1007 accepted",
      "rejected     HEAD_TIMEOUT 3   PEER_REFUSED 1",
      "bytes        1.5 KiB in   5.0 GiB out",
      "event loop   0.4 ms late   at most 1.3 s in the past minute",
      "memory       150 MiB resident   30.0 MiB heap",
    ]);
  });

  test("tell rates and durations of the time between two snapshots", () => {
    const total = { ...snapshot.total, durations: durations({ 1: 500, 10: 480 }, 10_000) };
    const lines = statusLines(snapshot, { ...snapshot, time: snapshot.time - 10_000, total });
    expect(lines[1]).toBe("requests     1000   2.0/s   2xx 980  5xx 20");
    expect(lines[2]).toBe(
      "durations    p50 10 ms   p90 2.2 s   p99 2.5 s   mean 500 ms   (past 10 s)",
    );
  });

  test("have a table of the workers", () => {
    const stats = { ...snapshot.total, state: "serving" as const, since: snapshot.time - 61_000 };
    const workers = {
      reloads: 1,
      draining: 1,
      list: [
        { worker: 1, pid: 4213, state: "unresponsive" as const, restarts: 0, stats },
        { worker: 2, pid: undefined, state: "down" as const, restarts: 4, stats: undefined },
      ],
    };
    expect(statusLines({ ...snapshot, workers }).slice(8)).toEqual([
      "workers      1 draining   1 unresponsive   1 down   4 restarts   1 reloads",
      "",
      "WORKER  STATE         PID   UP         REQUESTS  5XX  OPEN  P99    LAG     MEMORY",
      "1       unresponsive  4213  1 min 1 s  1000      20   5     10 ms  0.4 ms  150 MiB",
      "2       down          -     -          -         -    -     -      -       -",
    ]);
  });

  test("are made of any snapshot, in any order, without a number that is none", () => {
    fc.assert(
      fc.property(arbitrarySnapshot, arbitrarySnapshot, (one, other) => {
        for (const lines of [statusLines(one), statusLines(one, other)]) {
          expect(lines.join("\n")).not.toMatch(/NaN|undefined|Infinity/);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("a quantile", () => {
  test("is within the bucket of its rank, and none without requests", () => {
    const counts = fc.array(fc.nat({ max: 20 }), { minLength: 16, maxLength: 16 });
    fc.assert(fc.property(counts, fc.double({ min: 0.01, max: 1, noNaN: true }), (counts, part) => {
      const value = quantile({ bounds, counts, sum: 0 }, part);
      const all = counts.flatMap((count, at) => Array<number>(count).fill(at));
      if (all.length === 0) return expect(value).toBeUndefined();
      const bucket = all[Math.max(0, Math.ceil(part * all.length - 1e-9) - 1)]!;
      expect(value).toBeGreaterThanOrEqual(bounds[bucket - 1] ?? 0);
      expect(value).toBeLessThanOrEqual(bounds[bucket] ?? bounds.at(-1)!);
    }));
  });
});

describe("a sum", () => {
  test("has all counts, in any order, and nothing of it is lost when a server ends", () => {
    fc.assert(
      fc.property(arbitraryFigures, arbitraryFigures, (one, other) => {
        const sum = plus(one, other);
        expect(sum.accepted).toBe(one.accepted + other.accepted);
        expect({ ...plus(other, one), durations: 0 }).toEqual({ ...sum, durations: 0 });
        expect(plus(one, none)).toEqual(one);
        expect(since(sum.durations, one.durations).counts).toEqual(other.durations.counts);
        const { active, upgraded, memory, requests, rejected } = countersOf(one);
        expect({ active, upgraded, memory }).toEqual({
          active: 0,
          upgraded: 0,
          memory: { resident: 0, heap: 0 },
        });
        expect([requests, rejected]).toEqual([one.requests, one.rejected]);
      }),
      { numRuns: 50 },
    );
  });
});
