/**
 * Estimates durations from the counts of a histogram.
 *
 * @module
 */

import type { DurationStats } from "../../server/request-counts.ts";

/** The requests of a histogram that an older one of the same server has not. */
export function since(
  { bounds, counts, sum }: DurationStats,
  before: DurationStats,
): DurationStats {
  return {
    bounds,
    counts: counts.map((count, at) => count - (before.counts[at] ?? 0)),
    sum: sum - before.sum,
  };
}

/** The number of requests. */
export function countOf({ counts }: DurationStats): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The duration that a part of the requests did not exceed, in milliseconds, estimated within its bucket
 * as `histogram_quantile` of Prometheus does; undefined without requests. Over the last limit it is
 * that limit.
 *
 * @param part From 0 to 1.
 */
export function quantile(durations: DurationStats, part: number): number | undefined {
  const { bounds, counts } = durations;
  const rank = part * countOf(durations);
  if (rank === 0) return undefined;
  let below = 0;
  for (const [at, count] of counts.entries()) {
    if (below + count >= rank && count > 0) {
      const [from, to] = [bounds[at - 1] ?? 0, bounds[at]];
      return to === undefined ? from : from + (to - from) * (rank - below) / count;
    }
    below += count;
  }
  return bounds.at(-1);
}
