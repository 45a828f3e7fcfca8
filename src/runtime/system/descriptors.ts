/**
 * How many file descriptors this process has left: a runtime that is out of them accepts badly.
 *
 * @module
 */

import { fileSystem } from "./file-system.ts";
import { permits } from "./permissions.ts";

/** The file descriptors of this process. */
export interface DescriptorCount {
  /** The most that it may have open. */
  readonly limit: number;
  /** How many it has open. */
  readonly open: number;
}

/** Counts them; undefined where the system does not tell, or Deno may not ask it. */
export function countDescriptors(): DescriptorCount | undefined {
  if (!permits({ name: "read", path: "/proc/self" })) return undefined;
  try {
    const limits = fileSystem.read("/proc/self/limits");
    const limit = /^Max open files +(\d+)/m.exec(limits)?.[1];
    return limit === undefined
      ? undefined
      : { limit: Number(limit), open: fileSystem.names("/proc/self/fd").length };
  } catch {
    return undefined;
  }
}

/**
 * Whether this process has no file descriptor left.
 *
 * @param limit The most that it may have open.
 */
export function outOfDescriptors(limit: number): boolean {
  try {
    // The highest number first: counting takes time, and a file descriptor.
    if (fileSystem.lstat(`/proc/self/fd/${limit - 1}`) === undefined) return false;
  } catch {
    return false;
  }
  return (countDescriptors()?.open ?? limit) >= limit;
}
