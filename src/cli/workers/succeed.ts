/**
 * The succession of commands with `--workers`, at the paths of their Unix sockets.
 *
 * @module
 */

import { complain } from "../../report/diagnostics.ts";
import type { SharedListener } from "../../runtime/sockets/listen.ts";
import { Succession } from "../../server/succession.ts";
import { predecessorStays } from "../../server/failures.ts";

/**
 * Takes the paths of sockets that were opened beside living ones, once workers serve on them.
 *
 * @param onReplaced Called when a successor has taken over all paths.
 */
export async function succeed(
  sockets: readonly SharedListener[],
  onReplaced: () => void,
): Promise<void> {
  const succession = new Succession(
    onReplaced,
    (address) => complain(predecessorStays(address).message),
  );
  await succession.begin(sockets);
}
