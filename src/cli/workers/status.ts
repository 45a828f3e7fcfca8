/**
 * The status of `scgi serve --workers`, which the command itself answers: also while a worker hangs.
 *
 * @module
 */

import type { ServeOptions } from "../../server/options.ts";
import type { StatusOutput } from "../announce.ts";
import { ofProcess } from "../status/here.ts";
import { openStatus } from "../status/open-status.ts";
import type { StatusSnapshot } from "../status/snapshot.ts";
import type { Workers } from "./workers.ts";

/** Opens the address of the status. Returns a function that leaves it to a successor. */
export async function openWorkersStatus(
  at: string,
  options: ServeOptions,
  output: StatusOutput,
  workers: Workers,
): Promise<() => void> {
  return await openStatus(at, options, output, () => takeSnapshot(workers));
}

function takeSnapshot({ roster, stopping }: Workers): StatusSnapshot {
  const workers = roster.snapshot;
  const serves = workers.list.some(({ state }) => state === "serving");
  return {
    ...ofProcess(),
    state: stopping ? "draining" : serves ? "serving" : "starting",
    total: roster.total,
    workers,
  };
}
