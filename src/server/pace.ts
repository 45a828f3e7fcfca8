/**
 * The pace of a stream's chunks: those that the app computes one by one are not kept for a common write.
 *
 * @module
 */

/** After this time chunks are computed. In milliseconds. */
const MOST_MS = 2;
/**
 * The most chunks between two looks at the clock. A look costs Bun 36 ns, which is a tenth of a small
 * chunk.
 */
const MOST_UNSEEN = 8;

/** Tells how long chunks have been coming. */
export class Pace {
  #since: number;
  #seen: number;
  /** Chunks until the next look, and between two of them. */
  #left = 1;
  #between = 1;

  /** @param now The present time in milliseconds. */
  constructor(now: number) {
    this.#since = this.#seen = now;
  }

  /** Begins anew at the present time, in milliseconds. */
  restart(now: number): void {
    this.#since = now;
  }

  /** Takes the news of a chunk. Gives whether the chunks since the start have taken their time. */
  isSlow(): boolean {
    if (--this.#left > 0) return false;
    const now = Date.now();
    this.#between = now === this.#seen ? Math.min(2 * this.#between, MOST_UNSEEN) : 1;
    this.#left = this.#between;
    this.#seen = now;
    if (now - this.#since < MOST_MS) return false;
    this.#since = now;
    return true;
  }
}
