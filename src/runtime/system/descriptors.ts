/**
 * Counts the file descriptors of this process: a runtime that runs out of them may stop accepting.
 *
 * @module
 */

import { fileSystem } from "./file-system.ts";
import { permits } from "./permissions.ts";

/** The file descriptors of this process. */
export interface DescriptorCount {
  /** The most that the process may have open. */
  readonly limit: number;
  /** How many the process has open. */
  readonly open: number;
}

/** Undefined without `/proc`, and where Deno may not read it. */
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
 * @param limit The most that the process may have open.
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
