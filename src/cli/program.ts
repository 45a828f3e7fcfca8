/**
 * Finds the files of this package that are run as programs, in the sources and in the built
 * package.
 *
 * @module
 */

import path from "node:path";
import { fileURLToPath } from "node:url";

/** The path of a program of this package. */
export function programFile(name: "cli" | "cli/preload" | "cli/refuse-serve"): string {
  // The build puts this code one folder below cli.ts as well.
  const url = new URL(`../${name}${path.extname(import.meta.url)}`, import.meta.url);
  return fileURLToPath(url);
}
