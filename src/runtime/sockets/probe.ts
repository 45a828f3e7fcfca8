/**
 * Whether a peer that has ended its sending side is still connected. On a Unix socket a write of no
 * bytes fails once the peer has closed its socket, and only then.
 *
 * @module
 */

import { once } from "../system/timers.ts";

const INTERVAL_MS = 1000;
const NOTHING = new Uint8Array(0);

/**
 * Writes no bytes once a second.
 *
 * @param write Writes the bytes, and resolves to whether to go on.
 */
export async function probe(write: (nothing: Uint8Array) => Promise<boolean>): Promise<void> {
  while (await write(NOTHING)) {
    await new Promise<void>((resolve) => once(INTERVAL_MS, resolve));
  }
}
