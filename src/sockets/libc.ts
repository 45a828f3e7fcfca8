/**
 * The C library, for the few calls that a runtime has no way to make.
 *
 * @module
 */

import process from "node:process";

/** What it is called. */
const FILES = process.platform === "darwin"
  ? ["libSystem.B.dylib"]
  : ["libc.so.6", "libc.so", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/**
 * Opens it by the first of its names that there is.
 *
 * @throws {Error} what `open` throws for the usual name, where there is none.
 */
export function openFirst<Library>(open: (file: string) => Library): Library {
  let failure: unknown;
  for (const file of FILES) {
    try {
      return open(file);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
