/**
 * What the runtime that runs this does in a way of its own, as far as the command has to know.
 *
 * @module
 */

import { isInstance } from "../../errors.ts";
import { runtime } from "../detect.ts";

/** The runtime's own call that starts a server, which `scgi run` stands in for; Node has none. */
export const SERVE_CALL: string | undefined =
  { bun: "Bun.serve", deno: "Deno.serve", node: undefined }[runtime];

/** What is typed to install a package, before its name. */
export const INSTALL: string =
  { bun: "bun add ", deno: "deno add npm:", node: "npm install " }[runtime];

/** Whether an error says where it is wrong only when nobody has caught it. */
export function hidesPlace(error: unknown): boolean {
  return runtime === "node" && isInstance(error, SyntaxError);
}

/** Whether a watcher runs this that ends with it, and would miss the change that mends it. */
export function endsItsWatcher(): boolean {
  return runtime === "bun" && globalThis.process.execArgv.includes("--watch");
}
