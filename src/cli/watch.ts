/**
 * `--watch`: runs this program in a child process under the runtime's own watcher, which restarts
 * it when a file changes that it has loaded. A child process, since Deno's watcher does not end
 * when the program that it watches has ended on SIGTERM.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { complain } from "../report/diagnostics.ts";
import { DEFAULT_LIMITS, type ServeOptions } from "../server/options.ts";
import { outlivesTerminal } from "../runtime/system/hangup.ts";
import { runtimeArguments } from "../runtime/system/exec.ts";
import { ownProcess } from "../runtime/system/process.ts";
import { later } from "../transport/later.ts";
import { SAME_SIGNAL_MS, STOP_MS } from "./deadlines.ts";
import { exit } from "./output.ts";
import { OrphanGuard } from "./workers/orphans.ts";

/**
 * Runs until a signal ends it.
 *
 * @param words The script and its arguments, without those of the runtime.
 */
export async function watch(
  words: readonly string[],
  options: ServeOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const ignored = outlivesTerminal() ? ["SIGHUP"] : [];
  const args = [...runtimeArguments(), "--watch", ...words];
  // Before the app, which may be in its loop by the time that a busy machine has started the shell.
  const guard = new OrphanGuard(0);
  // A process group of its own: the watcher of Node runs the app in a further process.
  const child = spawn(process.execPath, args, { stdio: "inherit", env, detached: true });
  // A process group has the negative number of its first process.
  if (child.pid !== undefined) guard.watch([-child.pid]);
  const stopTimeout = (options.shutdownTimeout ?? DEFAULT_LIMITS.shutdownTimeout) + STOP_MS;
  let since: number | undefined;
  // Each run of the app opens its log anew, and the watcher of Node would open a debugger.
  ownProcess.onSignal("SIGUSR1", () => {});
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (ignored.includes(signal)) return;
      if (since === undefined) {
        since = performance.now();
        // The watcher of each runtime ends on SIGINT.
        child.kill("SIGINT");
        later(stopTimeout, () => {
          complain(`the app was killed: it did not stop within ${stopTimeout} ms`);
          killGroup(child);
        });
      } else if (performance.now() - since > SAME_SIGNAL_MS) {
        killGroup(child);
        void exit(1);
      }
    });
  }
  const status = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
  await exit(since === undefined ? status : 0);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The process has ended already.
  }
}
