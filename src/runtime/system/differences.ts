/**
 * Differences between the runtimes that the command has to know.
 *
 * @module
 */

import { isInstance } from "../../errors.ts";
import { runtime } from "../detect.ts";

/** The runtime's function that starts a server, which `scgi run` replaces; undefined on Node. */
export const SERVE_CALL: string | undefined =
  { bun: "Bun.serve", deno: "Deno.serve", node: undefined }[runtime];

/** The command that installs a package, up to the name of the package. */
export const INSTALL: string =
  { bun: "bun add ", deno: "deno add npm:", node: "npm install " }[runtime];

/** Whether only the runtime's report of an uncaught error names the file and line of an error. */
export function hidesLocation(error: unknown): boolean {
  return runtime === "node" && isInstance(error, SyntaxError);
}

/** Whether a watcher runs this process, and would end with it, so that it misses later changes. */
export function endsItsWatcher(): boolean {
  return runtime === "bun" && globalThis.process.execArgv.includes("--watch");
}
