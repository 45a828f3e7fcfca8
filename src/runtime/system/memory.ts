/**
 * The memory of this process.
 *
 * @module
 */

import { deno } from "../detect.ts";

/** The memory of a process, in bytes. */
export interface MemoryUse {
  /** The part of the machine's memory that the process holds. */
  resident: number;
  /** The part that objects of JavaScript take. */
  heap: number;
}

/** The memory that this process takes now. */
export function memoryUse(): MemoryUse {
  // On Deno the first look at `process` takes 8 ms.
  const { rss, heapUsed } = (deno ?? globalThis.process).memoryUsage();
  return { resident: rss, heap: heapUsed };
}
