/**
 * Adds the figures of several servers.
 *
 * @module
 */

import { RequestCounts } from "../../server/request-counts.ts";
import type { Figures } from "./snapshot.ts";

/** The figures of a server that has done nothing. */
export function noFigures(): Figures {
  const { requests, durations } = new RequestCounts();
  return {
    accepted: 0,
    active: 0,
    upgraded: 0,
    rejected: {},
    bytesIn: 0,
    bytesOut: 0,
    requests,
    durations,
    loopLag: { last: 0, longest: 0 },
    memory: { resident: 0, heap: 0 },
  };
}

/** The counters alone of a server that has ended: nothing of it is open, or takes memory. */
export function countersOf(figures: Figures): Figures {
  const { active, upgraded, loopLag, memory } = noFigures();
  return { ...figures, active, upgraded, loopLag, memory };
}

/**
 * The sum of two servers in processes of their own. The lag is that of the event loop which is later.
 */
export function plus(one: Figures, other: Figures): Figures {
  return {
    accepted: one.accepted + other.accepted,
    active: one.active + other.active,
    upgraded: one.upgraded + other.upgraded,
    rejected: added(one.rejected, other.rejected),
    bytesIn: one.bytesIn + other.bytesIn,
    bytesOut: one.bytesOut + other.bytesOut,
    requests: added(one.requests, other.requests),
    durations: {
      bounds: one.durations.bounds,
      counts: one.durations.counts.map((count, at) => count + (other.durations.counts[at] ?? 0)),
      sum: one.durations.sum + other.durations.sum,
    },
    loopLag: {
      last: Math.max(one.loopLag.last, other.loopLag.last),
      longest: Math.max(one.loopLag.longest, other.loopLag.longest),
    },
    memory: {
      resident: one.memory.resident + other.memory.resident,
      heap: one.memory.heap + other.memory.heap,
    },
  };
}

function added<Counts extends Partial<Record<string, number>>>(one: Counts, other: Counts): Counts {
  const sum: Partial<Record<string, number>> = { ...one };
  for (const [name, count = 0] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum as Counts;
}
