/**
 * Says that the server listens.
 *
 * @module
 */

import { formatAddress, type ListenAddress } from "../address.ts";
import type { Front } from "./front.ts";
import { tellSystemd } from "./systemd.ts";

/** Tells the one at the terminal, and systemd. */
export function announce(addresses: readonly ListenAddress[], front?: Front): void {
  for (const address of addresses) console.log(`Listening on ${formatAddress(address)} (SCGI)`);
  if (front !== undefined) console.log(`Open ${front.url}`);
  void tellSystemd("READY=1");
}
