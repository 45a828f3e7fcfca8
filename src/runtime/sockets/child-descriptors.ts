/**
 * How a child process inherits listening sockets.
 *
 * @module
 */

import { runtime } from "../detect.ts";

/** How `spawn` is called, and the numbers that the child process has. */
export interface ChildDescriptors {
  /** The last entries of the option `stdio`. */
  readonly stdio: readonly number[];
  /** The file descriptors as numbered in the child process. */
  readonly numbers: readonly number[];
}

/**
 * The way to pass file descriptors to a child process.
 *
 * @param fds Copies of the descriptors, which child processes inherit.
 * @param first The first free index in `stdio`.
 */
export function childDescriptors(fds: readonly number[], first: number): ChildDescriptors {
  // Deno makes each descriptor in stdio blocking, in all processes that share the socket, and their
  // accept calls then never return. A descriptor that is inherited by its number stays as it is.
  if (runtime === "deno") return { stdio: [], numbers: fds };
  return { stdio: fds, numbers: fds.map((_, index) => first + index) };
}
