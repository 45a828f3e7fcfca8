/**
 * The absolute form of a path that a command line names.
 *
 * @module
 */

import path from "node:path";
import { ownProcess } from "../runtime/system/process.ts";

/**
 * The absolute form of a path. An absolute path needs no working directory.
 *
 * @throws the runtime's error for a relative path where the working directory was removed.
 */
export function absolutePath(file: string): string {
  // Without a base, `path.resolve` loads `process` on Deno.
  return path.resolve(path.isAbsolute(file) ? "/" : ownProcess.cwd(), file);
}
