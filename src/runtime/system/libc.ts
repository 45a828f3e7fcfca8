/**
 * Calls of the C library that the runtimes do not offer.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { BunFfi } from "../types.ts";

/** Names of the C library on Linux and on macOS. */
const FILES = [
  "libc.so.6",
  "libc.so",
  "libc.musl-x86_64.so.1",
  "libc.musl-aarch64.so.1",
  "libSystem.B.dylib",
];

/**
 * Opens the C library by the first of its names for which `open` does not throw.
 *
 * @throws {Error} The error for the first name, where all names fail.
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

/** Loads `bun:ffi`, which only Bun has: not by an import, at which bundlers for Node fail. */
export function bunFfi(): BunFfi {
  return globalThis.process.getBuiltinModule("bun:ffi") as unknown as BunFfi;
}

/** The type of a parameter: a signed or unsigned int, or a pointer to the bytes of a typed array. */
export type Type = "i32" | "u32" | "buffer";

/**
 * Opens the C library for calls that return an int, or a pointer.
 *
 * @param types The types of the parameters of each call.
 */
// deno-lint-ignore require-await
export async function openLibrary<Calls>(
  types: Record<string, Type[]>,
  result: "i32" | "pointer" = "i32",
): Promise<Calls> {
  const { dlopen } = deno ?? bunFfi();
  const symbols = Object.fromEntries(
    Object.entries(types).map(([name, parameters]) => {
      // The first two are for Bun, the others for Deno.
      const args = parameters.map((type) => type === "buffer" ? "ptr" : type);
      return [name, { args, returns: result, parameters, result }];
    }),
  );
  return openFirst((file) => dlopen(file, symbols).symbols as Calls);
}

/** Calls for file descriptors. Child processes inherit a copy. */
export interface Descriptors {
  dup(fd: number): number;
  dup2(fd: number, to: number): number;
  close(fd: number): number;
}

/** The highest descriptor that a child process uses itself: its channel to this process. */
const RESERVED_FD = 3;

/** Copies a file descriptor. Child processes can inherit the copy with the same number. */
export async function copyDescriptor(fd: number): Promise<number> {
  const { dup } = await descriptors();
  let copy = dup(fd);
  while (copy >= 0 && copy <= RESERVED_FD) copy = dup(fd);
  return copy;
}

/** Loads the calls for file descriptors. */
export function descriptors(): Promise<Descriptors> {
  return openLibrary<Descriptors>({ dup: ["i32"], dup2: ["i32", "i32"], close: ["i32"] });
}
