/**
 * Replaces `Bun.serve` and `Deno.serve`, so that the servers of a script serve over SCGI.
 *
 * @module
 */

import process from "node:process";
import { reportRejection } from "../report/diagnostics.ts";
import { bunServe, type BunServeOptions } from "./bun.ts";
import type { NativeServe } from "./bun-content.ts";
import { denoServe, upgradeWebSocket } from "./deno.ts";
import { handleRejection, serveDefaultExport } from "./deno-main.ts";
import type { ScriptAddresses } from "./addresses.ts";

interface Runtimes {
  Bun?: { serve: unknown };
  Deno?: { serve: unknown; upgradeWebSocket: unknown; mainModule: string };
}

/**
 * Replaces the runtime's function by one whose servers listen at these addresses.
 *
 * @param options `limited` tells that the command line has a limit for request bodies.
 */
export function replaceServe(
  addresses: ScriptAddresses,
  { limited }: { limited: boolean },
): void {
  const { Bun, Deno } = globalThis as unknown as Runtimes;
  if (Bun !== undefined) {
    // Bun also calls it with the default export of the main module.
    Bun.serve = bunServe(addresses, Bun.serve as NativeServe, limited) satisfies (
      options: BunServeOptions,
    ) => unknown;
    process.on("unhandledRejection", (error) => {
      if (process.listenerCount("unhandledRejection") === 1) reportRejection(error);
    });
  } else if (Deno !== undefined) {
    const serve = denoServe(addresses);
    Deno.serve = serve;
    Deno.upgradeWebSocket = upgradeWebSocket;
    addEventListener("load", () => serveDefaultExport(Deno.mainModule, addresses, serve));
    addEventListener("unhandledrejection", (event) => {
      if (!addresses.used || process.listenerCount("unhandledRejection") > 0) return;
      event.preventDefault();
      void handleRejection(Deno.mainModule, (event as Event & { reason: unknown }).reason);
    });
  }
}
