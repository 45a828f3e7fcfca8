/**
 * Puts the stand-ins in the place of what the runtime has.
 *
 * @module
 */

import process from "node:process";
import { complainOf, diagnosticsWritten } from "../report/diagnostics.ts";
import { bunServe, type BunServeOptions } from "./bun.ts";
import { denoServe, type DenoServeOptions, upgradeWebSocket } from "./deno.ts";
import { bun, deno } from "../runtime/detect.ts";
import { noticeRejection } from "./notice.ts";
import type { Places } from "./addresses.ts";

/** How long a main module that has failed takes to be known as such. */
const FAILED_MS = 10;

/**
 * Lets the servers that a script starts listen at places.
 *
 * @param options `limited` says that the command line limits bodies.
 */
export function standIn(places: Places, { limited }: { limited: boolean }): void {
  if (bun !== undefined) {
    // Bun calls this with the default export of a main module as well.
    bun.serve = bunServe(places, bun.serve, limited) satisfies (
      options: BunServeOptions,
    ) => unknown;
    process.on("unhandledRejection", (error) => {
      if (process.listenerCount("unhandledRejection") === 1) noticeRejection(error);
    });
  } else if (deno !== undefined) {
    const native = deno;
    const serve = denoServe(places);
    native.serve = serve;
    native.upgradeWebSocket = upgradeWebSocket;
    addEventListener("load", () => serveDefaultExport(native.mainModule, places, serve));
    addEventListener("unhandledrejection", (event) => {
      if (!places.used || process.listenerCount("unhandledRejection") > 0) return;
      event.preventDefault();
      void reportUnlessMain(native.mainModule, (event as Event & { reason: unknown }).reason);
    });
  }
}

/** What `deno serve` does with a main module. */
async function serveDefaultExport(
  main: string,
  places: Places,
  serve: ReturnType<typeof denoServe>,
): Promise<void> {
  if (places.used) return;
  const { default: app } = await import(main) as { default?: { fetch?: unknown } };
  if (typeof app?.fetch !== "function") return;
  const { fetch } = app as { fetch: (...args: unknown[]) => Response };
  serve(app as DenoServeOptions, (request, info) => fetch.call(app, request, info));
}

/** Deno tells of a main module that has failed in the same way, and that ends the process. */
async function reportUnlessMain(main: string, error: unknown): Promise<void> {
  const failed = import(main).then(() => false, (reason) => reason === error);
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), FAILED_MS));
  if (!await Promise.race([failed, late])) return noticeRejection(error);
  complainOf(error, "error: Uncaught (in promise) ");
  await diagnosticsWritten();
  process.exit(1);
}
