/**
 * The files of this package that are run as programs, as source and as the package has them.
 *
 * @module
 */

import path from "node:path";
import { fileURLToPath } from "node:url";

/** The path of a program of this package. */
export function programFile(name: "cli" | "cli/preload"): string {
  // The folder of this file is one below that of cli.ts; so it is where the build puts it.
  const url = new URL(`../${name}${path.extname(import.meta.url)}`, import.meta.url);
  return fileURLToPath(url);
}
