/**
 * The working directory of this process, which an app may change or remove.
 *
 * @module
 */

import { ownProcess } from "./process.ts";

/** The working directory; undefined where it was removed. */
export function workingDirectory(): string | undefined {
  try {
    return ownProcess.cwd();
  } catch {
    return undefined;
  }
}
