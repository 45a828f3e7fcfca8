/**
 * The backlog of a listening socket: connections that wait in the kernel to be accepted. Where it is
 * full, connecting to a Unix socket fails at once, and nginx answers 502.
 *
 * @module
 */

import { openLibrary } from "../system/libc.ts";

/** The length of the backlog. Linux cuts it to `net.core.somaxconn`, which is the same by default. */
export const BACKLOG = 4096;

/**
 * Loads the call that gives a listening socket a backlog of this length, for Bun, which asks for 511.
 * It does nothing where the C library cannot be called.
 */
export async function loadSetBacklog(): Promise<(fd: number) => void> {
  try {
    const { listen } = await openLibrary<Calls>({ listen: ["i32", "i32"] });
    return (fd) => listen(fd, BACKLOG);
  } catch {
    return () => {};
  }
}

interface Calls {
  listen(fd: number, backlog: number): number;
}
