/**
 * How listening sockets are passed on to a program that is started.
 *
 * @module
 */

import { runtime } from "../detect.ts";

/** What `spawn` is told, and what the program will know them by. */
export interface PassedOn {
  /** More of `stdio`, after what is there already. */
  readonly stdio: readonly number[];
  /** The file descriptors, as the program has them. */
  readonly numbers: readonly number[];
}

/**
 * Passes copies of file descriptors on.
 *
 * @param fds The copies.
 * @param first The number of the first place in `stdio` that is free.
 */
export function passOn(fds: readonly number[], first: number): PassedOn {
  // What Deno is given as stdio it makes blocking, for all who share the socket: their accepts then
  // wait for ever. What is inherited by its number it leaves as it is.
  if (runtime === "deno") return { stdio: [], numbers: fds };
  return { stdio: fds, numbers: fds.map((_, index) => first + index) };
}
