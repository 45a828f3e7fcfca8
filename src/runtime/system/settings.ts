/**
 * The settings by which Deno resolves the imports of an app. Deno takes them from the folder of the main
 * module, which for `scgi serve` is the folder of this command, and not that of the app.
 *
 * @module
 */

import path from "node:path";
import { deno } from "../detect.ts";
import { readVariable, removeVariables } from "./environment.ts";
import { fileSystem } from "./file-system.ts";
import { permits } from "./permissions.ts";

/** The files that Deno reads its settings from, and the file that lists the packages of a project. */
const [SETTINGS, PACKAGE] = [["deno.json", "deno.jsonc"], "package.json"] as const;
/** The flags of Deno by which its user chooses settings. */
const CHOICE = /^(?:-c|--config|--no-config|--import-map|--node-modules-dir)(?:=|$)/;
/** Set where this process was started anew already: not every system tells the flags of a process. */
const VARIABLE = "SCGI_SETTINGS";

/**
 * Starts this process anew where it cannot resolve the imports of a module as `deno run MODULE` does.
 * Returns where it can, where its user has chosen other settings, without the permission to do so, and
 * on other runtimes.
 *
 * @param module Absolute path of the app's module.
 * @param command Absolute path of the main module.
 * @param args Arguments of the command.
 */
export async function adoptSettings(
  module: string,
  command: string,
  args: readonly string[],
): Promise<void> {
  if (deno === undefined || !permits({ name: "ffi" })) return;
  const folder = projectOf(module);
  if (folder === undefined || folder === projectOf(command)) return;
  if (command.startsWith(path.join(folder, "node_modules/"))) return;
  const again = readVariable(VARIABLE);
  removeVariables([VARIABLE]);
  const { exec, runtimeArguments } = await import("./exec.ts");
  const given = runtimeArguments();
  if (again !== undefined || given.some((word) => CHOICE.test(word))) return;
  const file = SETTINGS.map((name) => path.join(folder, name)).find(isFile);
  const settings = file === undefined ? ["--node-modules-dir=manual"] : ["--config", file];
  const { execPath, env } = globalThis.process;
  await exec(execPath, [...given, ...settings, command, ...args], { ...env, [VARIABLE]: "1" }, []);
}

/** The nearest folder above a file that has settings or packages of its own. */
function projectOf(file: string): string | undefined {
  for (let folder = path.dirname(file);; folder = path.dirname(folder)) {
    if ([...SETTINGS, PACKAGE].some((name) => isFile(path.join(folder, name)))) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}

function isFile(file: string): boolean {
  return fileSystem.stat(file)?.kind === "file";
}
