/**
 * The end of a server's backlog: connections that the kernel has taken are promised an answer.
 *
 * @module
 */

import { pause, turn } from "../runtime/system/timers.ts";

/** Counts that show whether more connections come. */
export interface Arrivals {
  /** The number of connections accepted so far. */
  accepted(): number;
  /** Whether connections wait because `maxConnections` are open. */
  waiting(): boolean;
}

/** The time for which a TCP backlog that never empties is served. */
const LONGEST_MS = 1000;
/** The length of a turn in which the loop may bring connections. */
const TURN_MS = 5;
/** The number of turns in a row without a connection that show an empty backlog. */
const QUIET_TURNS = 2;
/** Turns of the loop before a listener is closed. */
const LAST_TURNS = 2;

/** Resolves when the backlog is empty, so that closing the listener resets no connection. */
export async function emptyBacklog({ accepted, waiting }: Arrivals): Promise<void> {
  const until = performance.now() + LONGEST_MS;
  for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < until;) {
    const [before, start] = [accepted(), performance.now()];
    await pause(TURN_MS);
    // A turn that comes late shows nothing: the loop was busy.
    const late = performance.now() - start > 3 * TURN_MS;
    quiet = accepted() === before && !waiting() && !late ? quiet + 1 : 0;
  }
  // A connection that came while the last timer was due is not accepted yet.
  for (let count = 0; count < LAST_TURNS; count++) {
    await turn();
  }
}
