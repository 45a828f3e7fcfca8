/**
 * Replaces `Bun.serve` and `Deno.serve`, so that the servers of a script serve over SCGI.
 *
 * @module
 */

import process from "node:process";
import { reportRejection } from "../report/diagnostics.ts";
import { bun, deno } from "../runtime/detect.ts";
import { bunServe } from "./bun.ts";
import { denoServe } from "./deno.ts";
import { denoUpgradeWebSocket } from "./deno-websocket.ts";
import { handleRejection, serveDefaultExport } from "./deno-main.ts";
import type { ScriptAddresses } from "./addresses.ts";
import { bunServeOf, guardThreads, preloadWord } from "./refusal.ts";

/**
 * Replaces the runtime's function by one whose servers listen at these addresses.
 *
 * @param options `limited` tells that the command line has a limit for request bodies; `preload` and
 * `refusal` are paths of programs: the first calls this function, the second refuses servers.
 */
export function replaceServe(
  addresses: ScriptAddresses,
  { limited, preload, refusal }: { limited: boolean; preload: string; refusal: string },
): void {
  guardThreads(refusal);
  if (bun !== undefined) {
    // Bun also calls it with the default export of the main module.
    bun.serve = bunServe(addresses, bunServeOf(bun.serve), limited);
    // A child process would load the preload again.
    forgetPreloads(preload, refusal);
    process.on("unhandledRejection", (error) => {
      if (process.listenerCount("unhandledRejection") === 1) reportRejection(error);
    });
  } else if (deno !== undefined) {
    const native = deno;
    const serve = denoServe(addresses);
    native.serve = serve;
    native.upgradeWebSocket = denoUpgradeWebSocket(native.upgradeWebSocket);
    addEventListener("load", () => serveDefaultExport(native.mainModule, addresses, serve));
    addEventListener("unhandledrejection", (event) => {
      if (!addresses.used || process.listenerCount("unhandledRejection") > 0) return;
      event.preventDefault();
      void handleRejection(native.mainModule, (event as Event & { reason: unknown }).reason);
    });
  }
}

/** Removes this program's own arguments from those that the script sees, and passes on to others. */
function forgetPreloads(preload: string, refusal: string): void {
  const { execArgv } = process;
  const own = preloadWord(refusal);
  const isOwn = (at: number): boolean =>
    execArgv[at] === "--preload" && execArgv[at + 1] === preload;
  const kept = execArgv.filter((word, at) => word !== own && !isOwn(at) && !isOwn(at - 1));
  execArgv.splice(0, execArgv.length, ...kept);
}
