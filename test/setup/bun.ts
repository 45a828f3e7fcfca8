/**
 * Runs the Bun that package.json names where Deno alone is installed:
 * `deno run -A test/setup/bun.ts ARG…`.
 *
 * The install script of the npm package `bun` wants Node, and Deno's `node_modules` would differ
 * from npm's. So this takes the executable out of the package for this platform, in Deno's cache.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import manifest from "../../package.json" with { type: "json" };

const version = manifest.devDependencies.bun;
const architecture = process.arch === "arm64" ? "aarch64" : process.arch;
const name = `@oven/bun-${process.platform}-${architecture}`;

// Without package.json, Deno fetches this package alone.
const env = { ...process.env, DENO_NO_PACKAGE_JSON: "1" };
function deno(...args: string[]): string {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  return execFileSync(process.execPath, args, { env, stdio: [...stdio], encoding: "utf8" });
}

deno("cache", "--quiet", "--node-modules-dir=none", "--no-lock", `npm:${name}@${version}`);
const cache: string = JSON.parse(deno("info", "--json")).npmCache;
const bun = join(cache, "registry.npmjs.org", name, version, "bin/bun");
chmodSync(bun, 0o755);
const { status, error } = spawnSync(bun, process.argv.slice(2), { stdio: "inherit" });
if (error) throw error;
process.exit(status ?? 1);
