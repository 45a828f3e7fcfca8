/**
 * The health of a worker, for `--worker-timeout`: beats show that its event loop turns, and say
 * whether its listeners accept.
 *
 * @module
 */

import { hearingOf } from "../../runtime/sockets/hearing.ts";

/** The beats of a worker. */
export interface Pulse {
  /** The interval in milliseconds. */
  readonly every: number;
  /** Whether the listeners accept no more connections. Must be called at each beat. */
  deaf(): boolean;
}

/** The number of beats within a time-out. */
const PARTS = 4;
const LEAST_MS = 50;
const MOST_MS = 1000;

/** The interval of beats for a `--worker-timeout`, in milliseconds. */
export function beatInterval(timeout: number): number {
  return Math.min(Math.max(Math.ceil(timeout / PARTS), LEAST_MS), MOST_MS);
}

/**
 * The pulse of this worker.
 *
 * @param timeout How long connections may wait without an accept, in milliseconds.
 * @param accepted Returns how many connections this worker has accepted so far.
 */
export async function takePulse(
  timeout: number,
  fds: readonly number[],
  accepted: () => number,
): Promise<Pulse> {
  const every = beatInterval(timeout);
  const hearing = await hearingOf(fds);
  let [before, missed, ended] = [0, 0, false];
  return {
    every,
    deaf() {
      const now = accepted();
      ended ||= hearing.ends();
      // While connections wait, an event loop that turns accepts at least one of them.
      missed = ended || hearing.waiting() && now === before ? missed + 1 : 0;
      before = now;
      return missed * every > timeout;
    },
  };
}
