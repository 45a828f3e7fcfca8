/**
 * The error of a failed attempt to listen on an address.
 *
 * @module
 */

import { formatAddress, type ServerAddress, SYSTEMD } from "../../address.ts";
import { ScgiError } from "../../errors.ts";

/**
 * A `LISTEN_FAILED` with the address in its message.
 *
 * @param why The reason, and what to do.
 */
export function listenError(address: ServerAddress, why: string, cause?: unknown): ScgiError {
  const name = address === SYSTEMD ? address : formatAddress(address);
  return new ScgiError("LISTEN_FAILED", `Cannot listen on ${name}: ${why}`, { cause });
}
