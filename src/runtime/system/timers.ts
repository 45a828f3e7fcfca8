/**
 * The timers of the runtime, whatever an app or a test puts in their place later. Deno takes 4 ms to load
 * them, so each is loaded at its first call, and what a start needs does without.
 *
 * @module
 */

import type timers from "node:timers";
import { runtime } from "../known.ts";

/** The longest delay of a timer, in milliseconds; after a longer one it would fire at once. */
const LONGEST_MS: number = 2 ** 31 - 1;

/** A function of the runtime, by the property that it is now. */
function own<Name extends "clearTimeout" | "setImmediate" | "setTimeout">(
  name: Name,
): (typeof timers)[Name] {
  let { value, get } = Object.getOwnPropertyDescriptor(globalThis, name)!;
  const call = (...given: unknown[]) => (value ??= get!.call(globalThis))(...given);
  return call as unknown as (typeof timers)[Name];
}

export const setTimeout: typeof timers.setTimeout = own("setTimeout");
export const clearTimeout: typeof timers.clearTimeout = own("clearTimeout");
export const setImmediate: typeof timers.setImmediate = own("setImmediate");

/** A number that never changes, for Deno to wait for. */
let still: Int32Array | undefined;

/** Sets a timer that does not hold the process. A delay that is too long for a timer is cut. */
export function later(ms: number, action: () => void): NodeJS.Timeout {
  return setTimeout(action, Math.min(ms, LONGEST_MS)).unref();
}

/** Resolves in the next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves after a time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Calls a function after a time above zero, which does not hold the process. */
export async function once(ms: number, action: () => void): Promise<void> {
  if (runtime !== "deno") return void later(ms, action);
  still ??= new Int32Array(new SharedArrayBuffer(4));
  await Atomics.waitAsync(still, 0, 0, ms).value;
  action();
}

/**
 * Calls a function again and again, which does not hold the process.
 *
 * @returns a function that ends the calls.
 */
export function every(ms: number, action: () => void): () => void {
  let over = false;
  const next = () => {
    if (over) return;
    once(ms, next);
    action();
  };
  once(ms, next);
  return () => void (over = true);
}
