/**
 * Differences between the runtimes that the command has to know.
 *
 * @module
 */

import { isInstance } from "../../errors.ts";
import { deno, runtime } from "../detect.ts";

/** The runtime's function that starts a server, which `scgi run` replaces; undefined on Node. */
export const SERVE_CALL: string | undefined =
  { bun: "Bun.serve", deno: "Deno.serve", node: undefined }[runtime];

/** The command that installs a package, up to the name of the package. */
export const INSTALL: string =
  { bun: "bun add ", deno: "deno add npm:", node: "npm install " }[runtime];

/** The name of the runtime, with the version of Node, on which its features depend most. */
export const RUNTIME_NAME: string = {
  bun: "Bun",
  deno: "Deno",
  // Deno loads `process` at the first look.
  node: runtime === "node" ? `Node ${globalThis.process.versions.node}` : "",
}[runtime];

/** How the runtime handles an alias of a compiler's settings; follows "an alias". */
export const ALIASES: string = {
  bun: `that leads to no file. Correct "paths" in tsconfig.json`,
  deno: `of tsconfig.json, which Deno does not read. Add it to "imports" in deno.json`,
  node: "of tsconfig.json, which Node does not read. Write a path, or bundle the app first",
}[runtime];

/** Whether only the runtime's report of an uncaught error names the file and line of an error. */
export function hidesLocation(error: unknown): boolean {
  return runtime === "node" && isInstance(error, SyntaxError);
}

/** Whether a watcher runs this process, and would end with it, so that it misses later changes. */
export function endsItsWatcher(): boolean {
  return runtime === "bun" && globalThis.process.execArgv.includes("--watch");
}

/** The runtime with its own version. */
export const RUNTIME_VERSION: string = ((): string => {
  if (deno !== undefined) return `Deno ${deno.version.deno}`;
  const { versions } = globalThis.process;
  return runtime === "bun" ? `Bun ${versions.bun}` : `Node ${versions.node}`;
})();
