/**
 * Loads `node:fs` when it is needed: that takes Deno longer than its own start.
 *
 * @module
 */

import type fs from "node:fs";

/** The module `node:fs`. */
export function nodeFs(): typeof fs {
  return globalThis.process.getBuiltinModule("node:fs");
}
