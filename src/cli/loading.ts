/**
 * Watches a module while it loads: a top-level await may take long, or never settle.
 *
 * @module
 */

import { complain } from "../report/diagnostics.ts";
import { ownProcess } from "../runtime/system/process.ts";
import { later } from "../transport/later.ts";
import { CommandError } from "./error.ts";

/** The time after which a module that still loads is reported, in milliseconds. */
const PATIENCE_MS = 5000;

/**
 * Waits until a module is loaded, and says so where that takes long.
 *
 * @throws {CommandError} where the process has nothing left to do before that.
 */
export async function loaded<Module>(name: string, loading: Promise<Module>): Promise<Module> {
  let timer: NodeJS.Timeout | undefined;
  let done = false;
  const check = async (): Promise<void> => {
    await ownProcess.checkIdle();
    if (!done) timer = later(PATIENCE_MS, check);
  };
  timer = later(PATIENCE_MS, () => {
    complain(`still loading ${name}: it, or a module that it imports, awaits something`);
    void check();
  });
  const idle = new Promise<never>((_, reject) => {
    ownProcess.onIdle(() =>
      reject(
        new CommandError(
          `${name} cannot be loaded: it, or a module that it imports, awaits something that ` +
            "never happens",
          1,
        ),
      )
    );
  });
  try {
    return await Promise.race([loading, idle]);
  } finally {
    done = true;
    clearTimeout(timer);
  }
}
