/** The cache of Deno, for tests that compare what a program prints. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import published from "../../deno.json" with { type: "json" };
import { root } from "./root.ts";

const DENO: string = join(root, "node_modules/deno/deno");
const args = ["cache", "--quiet", "--node-modules-dir=none", "--no-lock", published.imports.hono];

/**
 * Has Deno download Hono, unless its cache has it: a first import tells of the download on standard error.
 *
 * @returns whether Deno has it now.
 */
export function fillDenoCache(): boolean {
  // Without package.json, Deno fetches this package alone.
  const env = { ...process.env, DENO_NO_PACKAGE_JSON: "1" };
  return spawnSync(DENO, args, { cwd: root, env, timeout: 30_000 }).status === 0;
}
