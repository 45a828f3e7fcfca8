/**
 * Whether inherited listening sockets still accept connections. On Deno a server of `node:net`
 * silently stops accepting once the process ran out of file descriptors.
 *
 * @module
 */

import { runtime } from "../detect.ts";
import { countDescriptors, outOfDescriptors } from "../system/descriptors.ts";
import { openLibrary } from "../system/libc.ts";

/** The state of the listening sockets of this process. */
export interface AcceptState {
  /** Whether connections wait to be accepted. */
  pending(): boolean;
  /** Whether no file descriptor is left, and the next connection would stop the accepting. */
  exhausted(): boolean;
}

interface Calls {
  poll(list: Uint8Array, count: number, timeout: number): number;
}

/** The size of a `pollfd` of poll(2): an int and two shorts. */
const ENTRY_BYTES = 8;
const POLLIN = 1;

/**
 * Prepares to check listening sockets.
 *
 * @param fds The file descriptors of the sockets.
 */
export async function acceptState(fds: readonly number[]): Promise<AcceptState> {
  // Node cannot call poll(2), and recovers by itself.
  if (runtime === "node") return { pending: () => false, exhausted: () => false };
  const { poll } = await openLibrary<Calls>({ poll: ["buffer", "u32", "i32"] });
  const list = new DataView(new ArrayBuffer(fds.length * ENTRY_BYTES));
  fds.forEach((fd, index) => {
    list.setInt32(index * ENTRY_BYTES, fd, true);
    list.setInt16(index * ENTRY_BYTES + 4, POLLIN, true);
  });
  const limit = runtime === "deno" ? countDescriptors()?.limit : undefined;
  return {
    pending: () => poll(new Uint8Array(list.buffer), fds.length, 0) > 0,
    exhausted: () => limit !== undefined && outOfDescriptors(limit),
  };
}
