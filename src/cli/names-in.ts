/**
 * The names of files that can be suggested in the place of a name that was not found.
 *
 * @module
 */

import { fileSystem } from "../runtime/system/file-system.ts";

/** The names in a folder, sorted; none where the folder cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return fileSystem.names(folder).sort();
  } catch {
    return [];
  }
}
