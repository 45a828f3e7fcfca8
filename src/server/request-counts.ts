/**
 * Counts the requests of a server: by the class of their status, and by their duration.
 *
 * @module
 */

/** The class of a response's status; `unanswered` where the connection closed before a response. */
export type StatusClass = "1xx" | "2xx" | "3xx" | "4xx" | "5xx" | "unanswered";

/** The durations of requests, from the head to the end of the response. */
export interface DurationStats {
  /** The upper limits of the buckets, in milliseconds; a last bucket has no limit. */
  bounds: number[];
  /** The number of requests that lasted longer than the limit before and no longer than this one. */
  counts: number[];
  /** All durations together, in milliseconds. */
  sum: number;
}

/** The classes by the first digit of a status; 0 stands for no response. */
const CLASSES: readonly StatusClass[] = ["unanswered", "1xx", "2xx", "3xx", "4xx", "5xx"];

/** The upper limits of the buckets, in milliseconds. */
const BOUNDS: readonly number[] = [
  ...[1, 2.5, 5, 10, 25, 50, 100, 250, 500],
  ...[1000, 2500, 5000, 10_000, 30_000, 60_000],
];

/** The counts of one server. */
export class RequestCounts {
  readonly #classes: number[] = CLASSES.map(() => 0);
  readonly #buckets: number[] = [...BOUNDS.map(() => 0), 0];
  #sum = 0;

  /**
   * Counts a request.
   *
   * @param status Of the response; 0 without one.
   * @param duration In milliseconds.
   */
  add(status: number, duration: number): void {
    this.#classes[status / 100 | 0]!++;
    this.#sum += duration;
    let bucket = 0;
    // Most requests are in the first buckets.
    while (bucket < BOUNDS.length && duration > BOUNDS[bucket]!) bucket++;
    this.#buckets[bucket]!++;
  }

  /** The requests by the class of their status. */
  get requests(): Record<StatusClass, number> {
    const [unanswered, ...classes] = CLASSES.map((name, digit) => [name, this.#classes[digit]!]);
    return Object.fromEntries([...classes, unanswered!]) as Record<StatusClass, number>;
  }

  /** The requests by their duration. */
  get durations(): DurationStats {
    return { bounds: [...BOUNDS], counts: [...this.#buckets], sum: this.#sum };
  }
}
