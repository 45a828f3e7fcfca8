/**
 * Timers with any delay.
 *
 * @module
 */

import { setTimeout } from "node:timers";

/** The longest delay of a timer, in milliseconds; after a longer one it would fire at once. */
const LONGEST_MS: number = 2 ** 31 - 1;

/** Sets a timer that does not hold the process. A delay that is too long for a timer is cut. */
export function later(ms: number, action: () => void): NodeJS.Timeout {
  return setTimeout(action, Math.min(ms, LONGEST_MS)).unref();
}
