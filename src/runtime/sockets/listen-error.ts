/**
 * The error of an address that cannot be listened on.
 *
 * @module
 */

import { formatAddress, type ServerAddress, SYSTEMD } from "../../address.ts";
import { ScgiError } from "../../errors.ts";

/** Says which address it is, and why, or what to do. */
export function cannotListen(address: ServerAddress, why: string, cause?: unknown): ScgiError {
  const place = address === SYSTEMD ? address : formatAddress(address);
  return new ScgiError("LISTEN_FAILED", `Cannot listen on ${place}: ${why}`, { cause });
}
