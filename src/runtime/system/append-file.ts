/**
 * Opens a file to write lines at its end, without blocking the process: a pipe without a reader is
 * stalled until it has one.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { DenoApi } from "../types.ts";
import { nodeFs } from "./node-fs.ts";
import { permits, requestPermission } from "./permissions.ts";
import type { WriteSome } from "./standard-streams.ts";

/** A file that is open. */
export interface AppendedFile {
  readonly write: WriteSome;
  /** The largest write that no write of another process comes into, in bytes. */
  readonly atomic: number;
  close(): void;
}

/** The mode of a file that is created, before the umask. */
const MODE = 0o640;
/** A write of a regular file locks it. */
const FILE_BYTES = 65_536;
/** The least that a pipe takes all at once, see pipe(7). */
const PIPE_BYTES = 4096;

/**
 * Opens a file, or creates it with mode 0640.
 *
 * @throws the runtime's error, which has a `code`.
 */
export function openAppended(path: string): AppendedFile {
  return deno === undefined ? ofNode(path) : ofDeno(deno, path);
}

function ofNode(path: string): AppendedFile {
  const fs = nodeFs();
  const { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_RDWR, O_WRONLY } = fs.constants;
  const pipe = fs.statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
  // A pipe that is opened for both has a reader, so that it can be opened and written at any time.
  const flags = pipe ? O_RDWR : O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY;
  const fd = fs.openSync(path, flags | O_NONBLOCK, MODE);
  return {
    write: (bytes) => fs.writeSync(fd, bytes),
    atomic: pipe ? PIPE_BYTES : FILE_BYTES,
    close: () => fs.closeSync(fd),
  };
}

function ofDeno(native: DenoApi, path: string): AppendedFile {
  if (!requestPermission({ name: "write", path })) {
    throw new Error(`permission is denied. Run deno with --allow-write=${path}`);
  }
  const pipe = permits({ name: "read", path }) && isPipe(native, path);
  const options = pipe ? { read: true, write: true } : { append: true, create: true, mode: MODE };
  const file = native.openSync(path, options);
  const regular = file.statSync().isFile === true;
  return {
    // Deno opens nothing non-blocking: only a file can be written without a thread.
    write: (bytes) => regular ? file.writeSync(bytes) : file.write(bytes),
    atomic: regular ? FILE_BYTES : PIPE_BYTES,
    close: () => file.close(),
  };
}

function isPipe(native: DenoApi, path: string): boolean {
  try {
    return native.statSync(path).isFifo === true;
  } catch {
    return false;
  }
}
