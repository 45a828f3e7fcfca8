/**
 * `npm test`: all test files, three at a time, then those that want the machine for themselves. The
 * test of the benchmark runs by name alone. With arguments it is `bun test` with them, one file after
 * the other. Node is that of npm's package, as users run it, unless `TESTED_NODE` names another; where
 * npm has none, it is the Node of `PATH`.
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { installFrameworks } from "../frameworks/install.ts";
import { installNodes, TESTED } from "../other-runtimes/node-versions.ts";
import { fillDenoCache } from "../support/deno-cache.ts";
import { buildForNode, NODE_VARIABLE } from "../support/node.ts";

/** One compares how long answers take; one installs what the others run from. */
const ALONE = ["test/hostile/hostile.test.ts", "test/project/first-minute.test.ts"];
/** It measures for seconds, which says nothing of the server. */
const BY_NAME = ["test/bench/bench.test.ts"];

const given = process.argv.slice(2);
const left = [...ALONE, ...BY_NAME].map((file) => `--path-ignore-patterns=${file}`);
const others = ["--parallel=3", ...left];
const runs = given.length > 0 ? [given] : [others, ALONE];

if (process.env[NODE_VARIABLE] === undefined) {
  const nodes = installNodes();
  if (typeof nodes === "string") console.warn(`${nodes}: the Node of PATH is tested`);
  else process.env[NODE_VARIABLE] = nodes[TESTED];
}
fillDenoCache();
// Once for all processes; a single one does so by itself when it first needs it.
if (given.length === 0) {
  installFrameworks();
  buildForNode();
}
for (const args of runs) {
  const words = ["test", "--timeout", "60000", ...args];
  const { status, error } = spawnSync(process.execPath, words, { stdio: "inherit" });
  if (error) throw error;
  if (status === null) process.exit(1);
  if (status !== 0) process.exitCode = status;
}
