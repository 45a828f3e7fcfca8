/**
 * The main module of a Deno script: its default export, and its failure.
 *
 * @module
 */

import process from "node:process";
import type { ListenAddress } from "../address.ts";
import { complainOf, diagnosticsWritten, reportRejection } from "../report/diagnostics.ts";
import type { ScriptAddresses } from "./addresses.ts";
import type { denoServe, HandlerInfo } from "./deno.ts";

/** How long to wait for the import of a main module that has failed, in milliseconds. */
const FAILED_MS = 10;

/** Serves the default export of a main module that starts no server, as `deno serve` does. */
export async function serveDefaultExport(
  main: string,
  addresses: ScriptAddresses,
  serve: ReturnType<typeof denoServe>,
): Promise<void> {
  if (addresses.used) return;
  const { default: app } = await import(main) as { default?: DefaultExport };
  if (typeof app?.fetch !== "function") return;
  // Deno reads no other option of it.
  const options = { onListen: (address: ListenAddress) => app.onListen?.(address) };
  serve(options, (request, info) => app.fetch(request, info));
}

/** A default export that Deno serves. */
interface DefaultExport {
  fetch(request: Request, info: HandlerInfo): Response;
  onListen?(address: ListenAddress): unknown;
}

/**
 * Reports an unhandled rejection. If it is the failure of the main module, which Deno announces by
 * the same event, the process ends, as it does without `scgi run`.
 */
export async function handleRejection(main: string, error: unknown): Promise<void> {
  const failed = import(main).then(() => false, (reason) => reason === error);
  const pending = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), FAILED_MS));
  if (!await Promise.race([failed, pending])) return reportRejection(error);
  complainOf(error, "error: Uncaught (in promise) ");
  await diagnosticsWritten();
  process.exit(1);
}
