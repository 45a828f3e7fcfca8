/** The Node that is measured: the version that users run, not that of `PATH`. */

import process from "node:process";
import { installNodes, TESTED } from "../other-runtimes/node-versions.ts";
import { NODE_VARIABLE } from "../support/node.ts";

let program: string | undefined;

/** Its path; installs it at the first call where it is missing. `TESTED_NODE` names another. */
export function nodeProgram(): string {
  program ??= process.env[NODE_VARIABLE];
  if (program !== undefined) return program;
  const nodes = installNodes();
  if (typeof nodes === "string") {
    throw new Error(
      `${nodes}. ${NODE_VARIABLE}=PATH names another; --runtimes bun,deno needs none.`,
    );
  }
  return program = nodes[TESTED];
}
