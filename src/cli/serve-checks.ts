/**
 * Checks the flags of the commands that serve before anything is loaded or opened. A wrong one ends the
 * command with the status 2.
 *
 * @module
 */

import { SYSTEMD } from "../address.ts";
import { peerFilter } from "../server/allow.ts";
import { readLimits, readMapping, type ServeOptions } from "../server/options.ts";
import { httpAddress, listenAddresses, refuseUseless, statusAddress } from "./checked-addresses.ts";
import { CommandError } from "./error.ts";
import type { ParsedFlags } from "./flags.ts";

/**
 * Checks the options that flags give, and the flags beside them.
 *
 * @param isWhole Whether no module adds an address to these options.
 * @throws {CommandError} that names the flag.
 */
export async function checkServeOptions(
  options: ServeOptions,
  { values: { http, status, watch } }: ParsedFlags,
  isWhole: boolean,
): Promise<void> {
  const addresses = listenAddresses(options);
  const { listen, unix, fd, port, hostname, allow } = options;
  const given = (listen ?? unix ?? fd ?? port ?? hostname) !== undefined;
  if (given || isWhole) refuseUseless(options, addresses);
  readLimits(options);
  readMapping(options);
  if (allow !== undefined) await peerFilter(allow);
  if (options.group === "") throw new CommandError('--group must be the name of a group, not ""');
  if (http !== undefined) httpAddress(http as string);
  if (status !== undefined) statusAddress(status as string);
  if (addresses.every((address) => address !== SYSTEMD && !("fd" in address))) return;
  for (const [flag, value] of [["watch", watch], ["http", http]] as const) {
    if (value === undefined) continue;
    throw new CommandError(
      `--${flag} cannot be used with an inherited socket. Give --listen an address`,
    );
  }
}
