/**
 * How long the command waits for other processes to stop, in milliseconds.
 *
 * @module
 */

import { setTimeout } from "node:timers";
import { LONGEST_TIMER_MS } from "../transport/limits.ts";

/** How long a process may take to exit after the `shutdownTimeout` of its server. */
export const STOP_MS = 1000;
/** Signals within this time are one: `deno task` and shells repeat that of a terminal. */
export const SAME_SIGNAL_MS = 50;

/** A timer with any delay that does not keep the process alive. */
export function later(ms: number, action: () => void): NodeJS.Timeout {
  return setTimeout(action, Math.min(ms, LONGEST_TIMER_MS)).unref();
}
