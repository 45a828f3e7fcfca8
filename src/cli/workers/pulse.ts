/**
 * What a worker tells of itself with `--worker-timeout`: that its loop turns, since it sends beats,
 * and whether its listeners accept.
 *
 * @module
 */

import { acceptState } from "../../runtime/sockets/accept-state.ts";

/** The beats of a worker. */
export interface Pulse {
  /** The time between two of them, in milliseconds. */
  readonly every: number;
  /** Whether the listeners accept no more. To be called at each beat. */
  deaf(): boolean;
}

/** The number of beats in a time-out. */
const PARTS = 4;
const LEAST_MS = 50;
const MOST_MS = 1000;

/** The time between two beats of a worker that is given up after so many milliseconds. */
export function beatInterval(timeout: number): number {
  return Math.min(Math.max(Math.ceil(timeout / PARTS), LEAST_MS), MOST_MS);
}

/**
 * The pulse of this worker.
 *
 * @param timeout How long connections may wait while none is accepted, in milliseconds.
 * @param accepted How many this worker has accepted so far.
 */
export async function takePulse(
  timeout: number,
  fds: readonly number[],
  accepted: () => number,
): Promise<Pulse> {
  const every = beatInterval(timeout);
  const accepts = await acceptState(fds);
  let [before, missed, ended] = [0, 0, false];
  return {
    every,
    deaf() {
      const now = accepted();
      ended ||= accepts.exhausted();
      // A loop that turns is told of connections that wait, and takes one sooner or later.
      missed = ended || accepts.pending() && now === before ? missed + 1 : 0;
      before = now;
      return missed * every > timeout;
    },
  };
}
