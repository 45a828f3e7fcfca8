/** Snapshots with any figures. */

import fc from "fast-check";
import type { Figures, StatusSnapshot } from "../../../src/cli/status/snapshot.ts";
import { noFigures } from "../../../src/cli/status/sum.ts";

const { requests: classes, durations: { bounds, counts } } = noFigures();
const amount = fc.nat({ max: 1e6 });
const time = fc.double({ min: 0, max: 1e6, noNaN: true });

/** Figures of a server. */
export const arbitraryFigures: fc.Arbitrary<Figures> = fc.record({
  accepted: amount,
  active: amount,
  upgraded: amount,
  rejected: fc.dictionary(fc.constantFrom("PEER_REFUSED", "HEAD_INVALID", "SHUTDOWN"), amount, {
    noNullPrototype: true,
  }),
  bytesIn: amount,
  bytesOut: amount,
  requests: fc.record(
    Object.fromEntries(Object.keys(classes).map((name) => [name, amount])),
  ) as unknown as fc.Arbitrary<Figures["requests"]>,
  durations: fc.record({
    bounds: fc.constant(bounds),
    counts: fc.array(amount, { minLength: counts.length, maxLength: counts.length }),
    sum: time,
  }),
  loopLag: fc.record({ last: time, longest: time }),
  memory: fc.record({ resident: amount, heap: amount }),
});

const workers = fc.record({
  reloads: amount,
  draining: fc.nat({ max: 3 }),
  list: fc.array(
    fc.record({
      pid: fc.option(fc.nat(), { nil: undefined }),
      state: fc.constantFrom(
        ...["starting", "serving", "draining", "unresponsive", "down"] as const,
      ),
      restarts: amount,
      stats: fc.option(
        arbitraryFigures.map((figures) => ({
          ...figures,
          state: "serving" as const,
          since: 1_700_000_000_000,
        })),
        { nil: undefined },
      ),
    }),
    { maxLength: 4 },
  ).map((list) => list.map((one, at) => ({ ...one, worker: at + 1 }))),
});

/** Snapshots of a command, with workers and without. */
export const arbitrarySnapshot: fc.Arbitrary<StatusSnapshot> = fc.record({
  version: fc.constant("0.1.0"),
  runtime: fc.constantFrom("Bun 1.4.5", "Node 20.16.0"),
  pid: fc.nat(),
  since: fc.constant(1_700_000_000_000),
  time: fc.nat({ max: 1e9 }).map((span) => 1_700_000_000_000 + span),
  state: fc.constantFrom("starting" as const, "serving" as const, "draining" as const),
  total: arbitraryFigures,
  workers: fc.option(workers, { nil: undefined }),
});
