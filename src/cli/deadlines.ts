/**
 * How long the command waits for other processes, and for what they do at their end.
 *
 * @module
 */

import { setTimeout } from "node:timers";

/** How long a process may take to stop, after the time that its server gives requests. */
export const STOP_MS = 1000;
/** `deno task` and shells pass on a signal that the terminal has sent as well. */
export const SAME_SIGNAL_MS = 50;

/** The longest time that timers can wait; a longer one is over at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** A timer of any length, which does not hold the process. */
export function later(ms: number, action: () => void): NodeJS.Timeout {
  return setTimeout(action, Math.min(ms, LONGEST_MS)).unref();
}
