/**
 * The working directory of this process, which an app may change or remove.
 *
 * @module
 */

import path from "node:path";
import { ownProcess } from "./process.ts";

/** The working directory; undefined where it was removed. */
export function workingDirectory(): string | undefined {
  try {
    return ownProcess.cwd();
  } catch {
    return undefined;
  }
}

/**
 * The absolute form of a path. An absolute path needs no working directory.
 *
 * @throws the runtime's error for a relative path where the working directory was removed.
 */
export function absolutePath(file: string): string {
  // Without a base, `path.resolve` loads `process` on Deno.
  return path.resolve(path.isAbsolute(file) ? "/" : ownProcess.cwd(), file);
}
