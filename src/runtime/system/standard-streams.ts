/**
 * Writes to standard output and standard error without blocking the process, even when a reader is
 * stalled, a disk is full or a pipe is closed: by a non-blocking call where the runtime has one, else
 * on a thread. Node waits for such threads when it exits, so it uses the stream.
 *
 * @module
 */

import { deno, runtime } from "../detect.ts";
import type { DenoStream, NodeStream } from "../types.ts";
import { nodeFs } from "./node-fs.ts";

const NEWLINE = Uint8Array.of(10);

/** The file descriptor of standard output or standard error. */
export type StandardFd = 1 | 2;

const NAMES = { 1: "stdout", 2: "stderr" } as const;

/**
 * Writes some of the bytes, and returns their number, or resolves to it. Fails with an error that has a
 * `code`. A call must not overlap another one.
 */
export type WriteSome = (bytes: Uint8Array) => Promise<number> | number;

/** Whether a failed write means that the reader has closed the stream. */
export function isGone(error: unknown): boolean {
  return /^(?:EPIPE|ECONNRESET|EBADF|EINVAL|ERR_STREAM_\w+)$/.test(codeOf(error) ?? "");
}

/** Whether a failed write means that the reader is slow, on a pipe that is non-blocking. */
export function isStalled(error: unknown): boolean {
  return codeOf(error) === "EAGAIN";
}

/** The code of a system error, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}

/**
 * Keeps Node from ending the process when an app's own write to a standard stream fails. Other runtimes
 * go on by themselves.
 */
export function surviveStandardStreams(): void {
  if (runtime !== "node") return;
  const { stdout, stderr } = globalThis.process;
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
}

/**
 * A function that writes to a standard stream, and that opens the stream at its first call.
 *
 * @param lines Whether whole lines are written. On Bun and Node a pipe then never blocks, even if other
 * processes use it, and a stalled reader is an error. On Deno a line that a full disk has cut is then
 * ended before the next write.
 */
export function standardStream(fd: StandardFd, lines = false): WriteSome {
  let write: WriteSome | undefined;
  return (bytes) => (write ??= open(fd, lines))(bytes);
}

function open(fd: StandardFd, lines: boolean): WriteSome {
  if (deno !== undefined) return ofDeno(deno[NAMES[fd]], lines);
  const stats = nodeFs().fstatSync(fd);
  const own = lines && stats.isFIFO() ? reopened(fd) : undefined;
  // A write to a file waits for no reader.
  if (own !== undefined || stats.isFile()) return byCall(own ?? fd);
  return runtime === "bun" ? byThread(fd) : byStream(fd);
}

function byCall(fd: number): WriteSome {
  const { writeSync } = nodeFs();
  return (bytes) => writeSync(fd, bytes);
}

function byThread(fd: StandardFd): WriteSome {
  const { write } = nodeFs();
  return (bytes) =>
    new Promise((resolve, reject) => {
      const settle = (error: unknown, count: number): void =>
        error == null ? resolve(count) : reject(error);
      write(fd, bytes, 0, bytes.length, null, settle);
    });
}

function byStream(fd: StandardFd): WriteSome {
  const stream = globalThis.process[NAMES[fd]];
  // Each write reports its own failure. Without a listener the failure would also end the process.
  stream.on("error", () => {});
  const { _handle } = stream as NodeStream;
  // The stream of a device such as /dev/full would be destroyed by its first failure.
  if (_handle === undefined) return byCall(fd);
  // A stopped terminal would block. libuv has opened the terminal anew, for this process alone.
  if (stream.isTTY) _handle.setBlocking?.(false);
  return (bytes) =>
    new Promise((resolve, reject) => {
      stream.write(bytes, (error) => error == null ? resolve(bytes.length) : reject(error));
    });
}

/** Deno does not report how many bytes a failed write has written. */
function ofDeno(stream: DenoStream, lines: boolean): WriteSome {
  let cut = false;
  return async (bytes) => {
    try {
      if (cut) await stream.write(NEWLINE);
      cut = false;
      return await stream.write(bytes);
    } catch (error) {
      cut ||= lines && !isStalled(error);
      throw error;
    }
  };
}

/** Opens a pipe anew: the processes that share an open pipe also share whether it blocks. */
function reopened(fd: StandardFd): number | undefined {
  const { constants, fstatSync, openSync } = nodeFs();
  try {
    if (!fstatSync(fd).isFIFO()) return undefined;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // The pipe belongs to another user or has no reader, or the system is not Linux.
    return undefined;
  }
}
