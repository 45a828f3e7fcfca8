/**
 * The end of a server's backlog: connections that the kernel has taken are promised an answer.
 *
 * @module
 */

import { setImmediate, setTimeout } from "node:timers";

/** What tells whether more connections come. */
export interface Arrivals {
  /** How many have come so far. */
  accepted(): number;
  /** Whether some wait that are not accepted now. */
  waiting(): boolean;
}

/** The longest that a TCP backlog that never empties is served. */
const LONGEST_MS = 1000;
/** How long a turn is in which the loop may bring connections. */
const TURN_MS = 5;
/** How many such turns in a row bring none before the rest is believed to be none. */
const QUIET_TURNS = 2;
/** Turns of the loop before a listener is closed. */
const LAST_TURNS = 2;

/** Resolves when all who had connected were accepted, so that no listener is closed on them. */
export async function emptyBacklog({ accepted, waiting }: Arrivals): Promise<void> {
  const until = performance.now() + LONGEST_MS;
  for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < until;) {
    const [before, start] = [accepted(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    // A turn that comes late says nothing: the loop was busy.
    const late = performance.now() - start > 3 * TURN_MS;
    quiet = accepted() === before && !waiting() && !late ? quiet + 1 : 0;
  }
  // What came while the last timer was due is not taken yet, and closing would reset it.
  for (let turn = 0; turn < LAST_TURNS; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
