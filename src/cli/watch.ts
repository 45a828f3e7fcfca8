/**
 * `--watch`: runs this program once more, under the runtime's own watcher, which starts it anew when
 * a file changes that it has loaded. A process of its own, since Deno's watcher goes on when what it
 * watches has ended on SIGTERM.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { SYSTEMD } from "../address.ts";
import { readAddresses, type ServeOptions } from "../options.ts";
import { runtimeArguments } from "../run/exec.ts";
import { CommandError } from "./error.ts";

/**
 * Runs until a signal ends it.
 *
 * @param words What follows the runtime's name and its own arguments.
 */
export async function watch(
  words: readonly string[],
  options: ServeOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  if (readAddresses(options).some((address) => address === SYSTEMD || "fd" in address)) {
    throw new CommandError("--watch cannot pass an inherited socket on. Give --listen an address");
  }
  const args = [...runtimeArguments(), "--watch", ...words];
  const child = spawn(process.execPath, args, { stdio: "inherit", env });
  let told = false;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      told = true;
      // The one that ends each of the watchers.
      child.kill("SIGINT");
    });
  }
  const status = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
  process.exit(told ? 0 : status);
}
