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

/** The part of the runtimes that is used; this package needs no runtime's types. */
interface Runtimes {
  Deno?: { dlopen(file: string, symbols: object): { symbols: Descriptors } };
}

interface BunFfi {
  dlopen(file: string, symbols: object): { symbols: Descriptors };
}

/** Loads these calls. */
export async function descriptors(): Promise<Descriptors> {
  const { Deno } = globalThis as unknown as Runtimes;
  if (Deno !== undefined) {
    const call = (...parameters: string[]) => ({ parameters, result: "i32" });
    const calls = { dup: call("i32"), dup2: call("i32", "i32"), close: call("i32") };
    return openFirst((file) => Deno.dlopen(file, calls).symbols);
  }
  // Only Bun knows the name, so the type checkers need not.
  const name: string = "bun:ffi";
  const { dlopen } = await import(name) as BunFfi;
  const call = (...args: string[]) => ({ args, returns: "i32" });
  const calls = { dup: call("i32"), dup2: call("i32", "i32"), close: call("i32") };
  return openFirst((file) => dlopen(file, calls).symbols);
}
