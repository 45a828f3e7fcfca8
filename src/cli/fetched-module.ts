/**
 * The app of a module as the server of `scgi fetch`, in this process.
 *
 * @module
 */

import { reportRejection } from "../report/diagnostics.ts";
import { recordHere } from "../runtime/chosen.ts";
import { ownProcess } from "../runtime/system/process.ts";
import { InProcess } from "../testing/in-process.ts";
import { loadApp } from "./module.ts";

/**
 * Loads the app of a module.
 *
 * @throws {CommandError} where the module cannot be loaded or exports no handler.
 */
export async function loadInProcess(name: string): Promise<InProcess> {
  ownProcess.onRejection(reportRejection);
  // Before the app loads, which may create responses at once.
  recordHere();
  const { app } = await loadApp(name);
  return new InProcess(app, {});
}
