/**
 * What the runtime that runs this does in a way of its own, as far as the command has to know.
 *
 * @module
 */

import { isInstance } from "../../errors.ts";

const ON_BUN = "Bun" in globalThis;
const ON_DENO = "Deno" in globalThis;

/** The runtime's own call that starts a server, which `scgi run` stands in for; Node has none. */
export const SERVE_CALL: string | undefined = ON_BUN
  ? "Bun.serve"
  : ON_DENO
  ? "Deno.serve"
  : undefined;

/** What is typed to install a package, before its name. */
export const INSTALL: string = ON_BUN ? "bun add " : ON_DENO ? "deno add npm:" : "npm install ";

/** Whether an error says where it is wrong only when nobody has caught it. */
export function hidesPlace(error: unknown): boolean {
  return !ON_BUN && !ON_DENO && isInstance(error, SyntaxError);
}

/** Whether a watcher runs this that ends with it, and would miss the change that mends it. */
export function endsItsWatcher(): boolean {
  return ON_BUN && globalThis.process.execArgv.includes("--watch");
}
