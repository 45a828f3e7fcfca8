/**
 * The time of CLOCK_MONOTONIC, which systemd compares with its own. Only Node's `hrtime` is that clock.
 *
 * @module
 */

import { runtime } from "../detect.ts";
import { openLibrary } from "./libc.ts";

interface Calls {
  clock_gettime(clock: number, time: Uint8Array): number;
}

const CLOCK_MONOTONIC = 1;

/** The time in microseconds; undefined where the clock cannot be read. */
export async function monotonicTime(): Promise<bigint | undefined> {
  if (runtime === "node") return globalThis.process.hrtime.bigint() / 1000n;
  try {
    const { clock_gettime } = await openLibrary<Calls>({ clock_gettime: ["i32", "buffer"] });
    const time = new BigInt64Array(2);
    if (clock_gettime(CLOCK_MONOTONIC, new Uint8Array(time.buffer)) !== 0) return undefined;
    const [seconds = 0n, nanoseconds = 0n] = time;
    return seconds * 1_000_000n + nanoseconds / 1000n;
  } catch {
    return undefined;
  }
}
