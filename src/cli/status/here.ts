/**
 * The status of servers in this process.
 *
 * @module
 */

import { memoryUse } from "../../runtime/system/memory.ts";
import { RUNTIME_VERSION } from "../../runtime/system/differences.ts";
import type { Server } from "../../server/server.ts";
import { VERSION } from "../version.ts";
import type { StatusSnapshot } from "./snapshot.ts";
import { noFigures, plus } from "./sum.ts";

/** The part of a snapshot that tells of the process. */
export function ofProcess(): Pick<
  StatusSnapshot,
  "version" | "runtime" | "pid" | "since" | "time"
> {
  return {
    version: VERSION,
    runtime: RUNTIME_VERSION,
    pid: globalThis.process.pid,
    since: Math.round(performance.timeOrigin),
    time: Date.now(),
  };
}

/**
 * The snapshot of servers that share this process.
 *
 * @param serves Whether the app is loaded and answers.
 */
export function ofServers(
  servers: readonly Server[],
  stopping: boolean,
  serves: boolean,
): StatusSnapshot {
  const all = servers.map((server) => server.stats());
  const listens = all.length > 0 && all.every(({ state }) => state === "serving");
  return {
    ...ofProcess(),
    state: stopping ? "draining" : serves && listens ? "serving" : "starting",
    // They share the memory.
    total: { ...all.reduce(plus, noFigures()), memory: memoryUse() },
  };
}
