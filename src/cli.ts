#!/usr/bin/env node
/**
 * The `scgi` command.
 *
 * @module
 */

import { exitWith, reportError } from "./cli/error.ts";
import { main } from "./cli/main.ts";
import { queueAllLines } from "./cli/output.ts";
import { complain } from "./report/diagnostics.ts";
import { ownProcess } from "./runtime/system/process.ts";
import { endsItsWatcher } from "./runtime/system/differences.ts";

async function fail(error: unknown): Promise<void> {
  if (!endsItsWatcher()) return await exitWith(error);
  // The watcher of Bun would end with this process, and miss the change that corrects the module.
  reportError(error);
  complain("waiting for a file to change");
  setInterval(() => {}, 60_000);
}

queueAllLines();
main(ownProcess.args).catch(fail);
