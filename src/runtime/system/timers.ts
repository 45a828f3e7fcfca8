/**
 * The timers of the runtime, whatever an app or a test puts in their place later. Deno takes 4 ms to load
 * them, so each is loaded at its first call, and what a start needs does without.
 *
 * @module
 */

import type timers from "node:timers";
import { runtime } from "../known.ts";

type Name = "clearTimeout" | "setImmediate" | "setInterval" | "clearInterval" | "setTimeout";

/** A function of the runtime, by the property that it has now. */
function own<Found extends Name>(name: Found): (typeof timers)[Found] {
  const property = Object.getOwnPropertyDescriptor(globalThis, name)!;
  let found = property.value as ((...given: unknown[]) => unknown) | undefined;
  const call = (...given: unknown[]) => (found ??= property.get!.call(globalThis))!(...given);
  return call as unknown as (typeof timers)[Found];
}

export const setTimeout: typeof timers.setTimeout = own("setTimeout");
export const clearTimeout: typeof timers.clearTimeout = own("clearTimeout");
export const setImmediate: typeof timers.setImmediate = own("setImmediate");
const setInterval = own("setInterval");
const clearInterval = own("clearInterval");

/** Never changes. */
let still: Int32Array | undefined;

/** A wait of Deno that takes no timer, and does not hold the process. */
function wait(ms: number): Promise<unknown> {
  still ??= new Int32Array(new SharedArrayBuffer(4));
  return Promise.resolve(Atomics.waitAsync(still, 0, 0, ms).value);
}

/** Calls a function in a later turn of the event loop. */
export function nextTurn(action: () => void): void {
  if (runtime === "deno") later(1, action);
  else setImmediate(action);
}

/** Calls a function after a time, which does not hold the process. */
export function later(ms: number, action: () => void): void {
  if (runtime === "deno") void wait(ms).then(action);
  else setTimeout(action, ms).unref();
}

/**
 * Calls a function again and again, which does not hold the process.
 *
 * @returns a function that ends the calls.
 */
export function every(ms: number, action: () => void): () => void {
  if (runtime !== "deno") {
    const timer = setInterval(action, ms).unref();
    return () => clearInterval(timer);
  }
  let over = false;
  const run = async () => {
    for (;;) {
      await wait(ms);
      if (over) return;
      action();
    }
  };
  void run();
  return () => void (over = true);
}
