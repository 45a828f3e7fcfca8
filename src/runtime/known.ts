/**
 * The runtime that runs this code, as far as it is known. The file `detect.ts` tells it when it is loaded;
 * without that file, as in a bundle of `scgi/protocol` alone, every runtime is taken for Node.
 *
 * The values may change between the start of this file and that of another one: they are to be read when
 * they are needed.
 *
 * @module
 */

import type { BunApi, DenoApi } from "./types.ts";

/** The `Bun` object; undefined on other runtimes. */
export let bun: BunApi | undefined;

/** The `Deno` object; undefined on other runtimes. */
export let deno: DenoApi | undefined;

/** The runtime that runs this code. */
export let runtime: "bun" | "deno" | "node" = "node";

/** Tells which runtime it is, by its API object. */
export function know(found: { bun: BunApi | undefined; deno: DenoApi | undefined }): void {
  ({ bun, deno } = found);
  runtime = bun !== undefined ? "bun" : deno !== undefined ? "deno" : "node";
}
