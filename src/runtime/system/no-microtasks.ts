/**
 * The moment at which no microtask is left: what has not happened by then waits for the event loop.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { runtime } from "../known.ts";

/**
 * Calls a function when no microtask is left: in a tick that a microtask asks for. On Deno, where
 * loading `process` takes 8 ms, in the next turn of the event loop.
 */
export function afterMicrotasks(action: () => void): void {
  if (runtime === "deno") setImmediate(action);
  else queueMicrotask(() => globalThis.process.nextTick(action));
}
