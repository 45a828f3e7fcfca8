/**
 * Replaces this process by another program with execve(2), which keeps the process ID, the open files
 * and the parent process. Deno lacks that call, and Bun's closes the inherited files, so the C library
 * is called.
 *
 * @module
 */

import { utf8Bytes } from "../../scgi/latin1.ts";
import { deno } from "../detect.ts";
import { fileSystem } from "./file-system.ts";
import { bunFfi, descriptors, openLibrary } from "./libc.ts";

/** execve(2), which returns only if it fails. */
type Execve = (path: Uint8Array, argv: Pointers, envp: Pointers) => unknown;
type Pointers = BigUint64Array<ArrayBuffer>;

interface Calls {
  execve: Execve;
  /** The address of bytes in memory. */
  addressOf(bytes: Uint8Array): bigint;
  /** The number of the error of the last call. */
  errno(): number;
}

/** Reasons for errors of execve(2), and what to do. */
const MEANINGS: Readonly<Record<string, string>> = {
  E2BIG: "the command line or the environment is too long. Shorten it",
  EACCES: "this user may not execute it. Change its mode",
  ENOENT: "the file does not exist. Install it again",
};

/**
 * Replaces this process by another program.
 *
 * @param program Path of the program.
 * @param args Arguments of the program, without its name.
 * @param fds File descriptors that the program inherits beside the standard ones.
 * @throws {Error} with the name of the system's error, such as `EACCES`, where execve(2) fails.
 */
export async function exec(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  fds: readonly number[],
): Promise<never> {
  const { execve, addressOf, errno } = await load();
  const { dup, dup2, close } = await descriptors();
  // Bun sets close-on-exec on descriptors over 3. A copy by dup2(2) does not have that flag.
  for (const fd of fds) {
    const copy = dup(fd);
    dup2(copy, fd);
    close(copy);
  }
  const memory: Uint8Array[] = [];
  const text = (value: string): Uint8Array => {
    const bytes = utf8Bytes(`${value}\0`);
    memory.push(bytes);
    return bytes;
  };
  const list = (values: readonly string[]): Pointers =>
    new BigUint64Array([...values.map((value) => addressOf(text(value))), 0n]);
  const variables = Object.entries(env)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
  execve(text(program), list([program, ...args]), list(variables));
  const failure = errno();
  // Keeps the memory behind the pointers alive until here.
  memory.length = 0;
  const { constants } = await import("node:os");
  const code = Object.entries(constants.errno).find(([, number]) => number === failure)?.[0] ??
    `error ${failure}`;
  const meaning = MEANINGS[code] ?? "see execve(2)";
  throw new Error(`${program} could not be executed: ${code}, ${meaning}`);
}

/**
 * The arguments of the runtime before the name of the program: `run` and permissions on Deno, switches
 * on Bun.
 */
export function runtimeArguments(): string[] {
  const { process } = globalThis;
  if (deno === undefined) return process.execArgv;
  if (process.platform !== "linux") return ["run", "-A"];
  const words = fileSystem.read("/proc/self/cmdline").split("\0").slice(1, -1);
  return words.slice(0, words.length - process.argv.length + 1);
}

async function load(): Promise<Calls> {
  const calls = await openLibrary<{ execve: Execve }>({ execve: ["buffer", "buffer", "buffer"] });
  const name = globalThis.process.platform === "darwin" ? "__error" : "__errno_location";
  const { [name]: errnoPointer } = await openLibrary<Record<string, () => unknown>>(
    { [name]: [] },
    "pointer",
  );
  if (deno !== undefined) {
    const { UnsafePointer, UnsafePointerView } = deno;
    return {
      ...calls,
      addressOf: (bytes) => UnsafePointer.value(UnsafePointer.of(bytes)),
      errno: () => new UnsafePointerView(errnoPointer!()).getInt32(),
    };
  }
  const { ptr, read } = bunFfi();
  return {
    ...calls,
    addressOf: (bytes) => BigInt(ptr(bytes)),
    errno: () => read.i32(errnoPointer!(), 0),
  };
}
