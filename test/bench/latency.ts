/** Latencies, counted in buckets of which each is 2 % wider than the one before. */

const GROWTH = 1.02;

/** The bucket of a latency in microseconds. */
export function bucketOf(microseconds: number): number {
  return microseconds <= 1 ? 0 : Math.floor(Math.log(microseconds) / Math.log(GROWTH));
}

/** Adds the counts of several generators. */
export function merge(counts: readonly (readonly number[])[]): number[] {
  const length = Math.max(...counts.map((one) => one.length));
  return Array.from(
    { length },
    (_, bucket) => counts.reduce((sum, one) => sum + (one[bucket] ?? 0), 0),
  );
}

/** The latency in microseconds that such a share of them stays under. */
export function quantile(counts: readonly number[], share: number): number {
  let left = counts.reduce((sum, count) => sum + count, 0) * share;
  const bucket = counts.findIndex((count) => (left -= count) <= 0);
  return GROWTH ** (bucket + 1);
}
