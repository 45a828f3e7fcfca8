/**
 * Which runtime runs this code, and its API object.
 *
 * `process` is not looked at: Deno loads it at the first look, which takes 8 ms.
 *
 * @module
 */

import { know, runtime as known } from "./known.ts";
import type { BunApi, DenoApi } from "./types.ts";

const global = globalThis as unknown as { readonly Bun?: BunApi; readonly Deno?: DenoApi };

/** The `Bun` object; undefined on other runtimes. */
export const bun: BunApi | undefined = global.Bun;

/** The `Deno` object; undefined on other runtimes. */
export const deno: DenoApi | undefined = global.Deno;

know({ bun, deno });

/** The runtime that runs this code. */
export const runtime: "bun" | "deno" | "node" = known;
