/**
 * Whether inherited listeners still accept. On Deno those of `node:net` accept nothing any more, in
 * silence, once the file descriptors ran out.
 *
 * @module
 */

import { runtime } from "../detect.ts";
import { countDescriptors, outOfDescriptors } from "../system/descriptors.ts";
import { openLibrary } from "../system/libc.ts";

/** Looks at the listening sockets of this process. */
export interface Hearing {
  /** Whether connections wait to be accepted. */
  waiting(): boolean;
  /** Whether the next connection is the end of the accepting. */
  ends(): boolean;
}

interface Calls {
  poll(list: Uint8Array, count: number, timeout: number): number;
}

/** The size of an entry of the list for poll(2): an int, and two shorts. */
const ENTRY_BYTES = 8;
const POLLIN = 1;

/**
 * Begins to look at listening sockets.
 *
 * @param fds Their file descriptors.
 */
export async function hearingOf(fds: readonly number[]): Promise<Hearing> {
  // Node has no call for that, and accepts again by itself.
  if (runtime === "node") return { waiting: () => false, ends: () => false };
  const { poll } = await openLibrary<Calls>({ poll: ["buffer", "u32", "i32"] });
  const list = new DataView(new ArrayBuffer(fds.length * ENTRY_BYTES));
  fds.forEach((fd, index) => {
    list.setInt32(index * ENTRY_BYTES, fd, true);
    list.setInt16(index * ENTRY_BYTES + 4, POLLIN, true);
  });
  const limit = runtime === "deno" ? countDescriptors()?.limit : undefined;
  return {
    waiting: () => poll(new Uint8Array(list.buffer), fds.length, 0) > 0,
    ends: () => limit !== undefined && outOfDescriptors(limit),
  };
}
