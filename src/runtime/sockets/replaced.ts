/**
 * Notices that a successor has taken over the paths of Unix sockets. The folder of a path is the whole
 * protocol: only a program that may write there can do so, and such a program can cut off a server
 * anyway. No process is named, so none can be stopped by mistake, even across containers.
 *
 * @module
 */

import { every } from "../system/timers.ts";
import type { Bound } from "../../transport/socket.ts";

/** The interval at which the paths are looked at. */
const INTERVAL_MS = 500;

/**
 * Calls a function once when every path of some sockets leads to another socket. A path that is missing
 * counts as unchanged, and sockets without a path are not looked at.
 *
 * @returns a function that ends the watch.
 */
export function whenReplaced(
  sockets: readonly Pick<Bound, "isReplaced">[],
  action: () => void,
): () => void {
  const own = sockets.filter(({ isReplaced }) => isReplaced !== undefined);
  if (own.length === 0) return () => {};
  const end = every(INTERVAL_MS, () => {
    if (!own.every(isReplaced)) return;
    end();
    action();
  });
  return end;
}

function isReplaced(socket: Pick<Bound, "isReplaced">): boolean {
  try {
    return socket.isReplaced!();
  } catch {
    // The folder cannot be searched at the moment.
    return false;
  }
}
