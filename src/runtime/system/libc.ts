/**
 * The C library, for the few calls that a runtime has no way to make.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { BunFfi } from "../types.ts";

/** What it is called on Linux, and on macOS. */
const FILES = [
  "libc.so.6",
  "libc.so",
  "libc.musl-x86_64.so.1",
  "libc.musl-aarch64.so.1",
  "libSystem.B.dylib",
];

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

/** Loads `bun:ffi`, on Bun. */
export async function bunFfi(): Promise<BunFfi> {
  // Only Bun knows the name, so the type checkers need not.
  const name: string = "bun:ffi";
  return await import(name) as BunFfi;
}

/** The type of what a call takes: an int, with a sign or without, or the memory of a typed array. */
export type Type = "i32" | "u32" | "buffer";

/**
 * Opens it for calls that give an int, unless a pointer is asked for.
 *
 * @param types The types of what each call takes.
 */
export async function openLibrary<Calls>(
  types: Record<string, Type[]>,
  result: "i32" | "pointer" = "i32",
): Promise<Calls> {
  const { dlopen } = deno ?? await bunFfi();
  const symbols = Object.fromEntries(
    Object.entries(types).map(([name, parameters]) => {
      // The first two are for Bun, the others for Deno.
      const args = parameters.map((type) => type === "buffer" ? "ptr" : type);
      return [name, { args, returns: result, parameters, result }];
    }),
  );
  return openFirst((file) => dlopen(file, symbols).symbols as Calls);
}

/** Calls with file descriptors. A copy is inherited by programs that are started. */
export interface Descriptors {
  dup(fd: number): number;
  dup2(fd: number, to: number): number;
  close(fd: number): number;
}

/** The highest number that a program which is started has for something else: its channel to us. */
const TAKEN_FD = 3;

/** A copy of a file descriptor that a program which is started can have by its number. */
export async function copyDescriptor(fd: number): Promise<number> {
  const { dup } = await descriptors();
  let copy = dup(fd);
  while (copy >= 0 && copy <= TAKEN_FD) copy = dup(fd);
  return copy;
}

/** Loads these calls. */
export function descriptors(): Promise<Descriptors> {
  return openLibrary<Descriptors>({ dup: ["i32"], dup2: ["i32", "i32"], close: ["i32"] });
}
