/** The versions of Node that users run, from npm; `nodes/` has the manifest and the lockfile. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "../support/root.ts";
import manifest from "./nodes/package.json" with { type: "json" };

/** The major versions beside that of the Node in `PATH`. */
export const nodeVersions = ["24", "26"] as const;
export type NodeVersion = (typeof nodeVersions)[number];
/** The version of the whole suite, and of the benchmark. */
export const TESTED: NodeVersion = "24";

const folder = join(root, "node_modules/.scgi-nodes");
const packages: Record<string, string> = manifest.optionalDependencies;
/** Enough for some 110 MB. */
const PATIENCE_MS = 240_000;

/**
 * Finds the programs, and installs them where they are missing. `npm test` calls this before it starts
 * the tests, and so does the benchmark: no two processes install at once.
 *
 * @returns the path of each, or a sentence that says why this machine has none.
 */
export function installNodes(): Record<NodeVersion, string> | string {
  const programs = Object.fromEntries(nodeVersions.map((version) => [version, program(version)]));
  const missing = () => nodeVersions.find((version) => !runs(version, programs[version]!));
  if (missing() === undefined) return programs as Record<NodeVersion, string>;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "test/other-runtimes/nodes"), folder, { recursive: true });
  // Out of reach of the registry npm would try for more than a minute.
  const tries = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
  const words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-bin-links", ...tries];
  const npm = spawnSync("npm", words, { cwd: folder, encoding: "utf8", timeout: PATIENCE_MS });
  const version = missing();
  if (version === undefined) return programs as Record<NodeVersion, string>;
  // npm leaves out, with status 0, what is not for this platform and what it cannot download.
  const said = npm.error?.message ?? npm.stderr.trim();
  return `npm installed no Node ${version} for ${process.platform} on ${process.arch} ${said}`
    .trim();
}

/** Its package is the program alone. */
function nameOf(version: NodeVersion): string {
  return `node-${version}-${process.platform}-${process.arch}`;
}

function program(version: NodeVersion): string {
  return join(folder, "node_modules", nameOf(version), "bin/node");
}

/** Whether a program is there, and is of the version that the manifest names. */
function runs(version: NodeVersion, path: string): boolean {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  const wanted = packages[nameOf(version)]?.split("@").at(-1);
  return wanted !== undefined && stdout?.trim() === `v${wanted}`;
}
