/**
 * Runs another program in the place of this one, as execve(2) does: with the same process id, the
 * same open files and, for whoever started it, nothing in between. Of the runtimes only Node has it;
 * that of Bun closes what it inherited. So the C library is asked.
 *
 * @module
 */

import { utf8Bytes } from "../../scgi/latin1.ts";
import { deno } from "../detect.ts";
import { fileSystem } from "./file-system.ts";
import { bunFfi, descriptors, openLibrary } from "./libc.ts";

/** Calls execve, which gives back nothing unless it fails. */
type Execve = (path: Uint8Array, argv: Pointers, envp: Pointers) => unknown;
type Pointers = BigUint64Array<ArrayBuffer>;

interface Calls {
  execve: Execve;
  /** Where bytes are in memory. */
  addressOf(bytes: Uint8Array): bigint;
  /** The number of the error of the last call. */
  errno(): number;
}

/** Errors of execve(2), and what to do about them. */
const MEANINGS: Readonly<Record<string, string>> = {
  E2BIG: "the command line or the environment is too long. Shorten it",
  EACCES: "this user may not execute it. Change its mode",
  ENOENT: "the file does not exist. Install it again",
};

/**
 * Runs a program in the place of this one.
 *
 * @param program Its path.
 * @param args Its arguments, without its name.
 * @param fds File descriptors that it shall have as well.
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
  // Bun has marked those over 3 to be closed; a copy is not.
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
  // Keeps what the pointers point to alive until here.
  memory.length = 0;
  const { constants } = await import("node:os");
  const code = Object.entries(constants.errno).find(([, number]) => number === failure)?.[0] ??
    `error ${failure}`;
  const meaning = MEANINGS[code] ?? "see execve(2)";
  throw new Error(`${program} could not be executed: ${code}, ${meaning}`);
}

/**
 * What this runtime was told before the name of the program that it runs: `run` and permissions on
 * Deno, switches on Bun.
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
  const { ptr, read } = await bunFfi();
  return {
    ...calls,
    addressOf: (bytes) => BigInt(ptr(bytes)),
    errno: () => read.i32(errnoPointer!(), 0),
  };
}
