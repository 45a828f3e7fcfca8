/**
 * Standard output and standard error, written to so that a stalled reader, a full disk and a
 * closed pipe hold nothing up: by a call that does not block where the runtime has one,
 * else by a thread. Node waits for such threads when it exits, so there the stream is used.
 *
 * @module
 */

import { deno, runtime } from "../detect.ts";
import type { DenoStream, NodeStream } from "../types.ts";

const NEWLINE = Uint8Array.of(10);

/** The file descriptors of the two. */
export type StandardFd = 1 | 2;

const NAMES = { 1: "stdout", 2: "stderr" } as const;

/**
 * Writes some of the bytes and gives how many. Rejects with an error that has a `code`. Until it
 * has settled, it must not be called again.
 */
export type WriteSome = (bytes: Uint8Array) => Promise<number>;

/** Whether an error says that the reader has left. */
export function isGone(error: unknown): boolean {
  return /^(?:EPIPE|ECONNRESET|EBADF|EINVAL|ERR_STREAM_\w+)$/.test(codeOf(error) ?? "");
}

/** Whether an error says that a reader is slow: another process has made the pipe one that tells. */
export function isStalled(error: unknown): boolean {
  return codeOf(error) === "EAGAIN";
}

/** The system's name of an error, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}

/**
 * Keeps Node from ending the process where an app writes to a standard stream that is full or
 * gone; the other runtimes do not.
 */
export function surviveStandardStreams(): void {
  if (runtime !== "node") return;
  const { stdout, stderr } = globalThis.process;
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
}

/**
 * What writes to a standard stream. It loads nothing before it is called.
 *
 * @param lines Whether lines are written. On Bun and Node a pipe never blocks then, whatever
 * another process that has it does, and a stalled reader is an error; on Deno a line that a full
 * disk has cut ends before it is written again.
 */
export function standardStream(fd: StandardFd, lines = false): WriteSome {
  let write: WriteSome | undefined;
  return (bytes) => (write ??= open(fd, lines))(bytes);
}

function open(fd: StandardFd, lines: boolean): WriteSome {
  if (deno !== undefined) return ofDeno(deno[NAMES[fd]], lines);
  const stats = globalThis.process.getBuiltinModule("node:fs").fstatSync(fd);
  const own = lines && stats.isFIFO() ? reopened(fd) : undefined;
  // A file has no reader that a write could wait for.
  if (own !== undefined || stats.isFile()) return byCall(own ?? fd);
  return runtime === "bun" ? byThread(fd) : byStream(fd);
}

function byCall(fd: number): WriteSome {
  const { writeSync } = globalThis.process.getBuiltinModule("node:fs");
  // deno-lint-ignore require-await
  return async (bytes) => writeSync(fd, bytes);
}

function byThread(fd: StandardFd): WriteSome {
  const { write } = globalThis.process.getBuiltinModule("node:fs");
  return (bytes) =>
    new Promise((resolve, reject) => {
      const settle = (error: unknown, count: number): void =>
        error == null ? resolve(count) : reject(error);
      write(fd, bytes, 0, bytes.length, null, settle);
    });
}

function byStream(fd: StandardFd): WriteSome {
  const stream = globalThis.process[NAMES[fd]];
  // Each write tells of its own failure; without this one it would end the process as well.
  stream.on("error", () => {});
  const { _handle } = stream as NodeStream;
  // A device such as /dev/full; the stream would not live on after its first failure.
  if (_handle === undefined) return byCall(fd);
  // A terminal that is stopped would block; libuv has opened it anew for this process.
  if (stream.isTTY) _handle.setBlocking?.(false);
  return (bytes) =>
    new Promise((resolve, reject) => {
      stream.write(bytes, (error) => error == null ? resolve(bytes.length) : reject(error));
    });
}

/** Where a write fails, Deno does not tell how many of the bytes have left before. */
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

/** A pipe, opened anew: whether it blocks is shared by all processes that have the same opening. */
function reopened(fd: StandardFd): number | undefined {
  const { constants, fstatSync, openSync } = globalThis.process.getBuiltinModule("node:fs");
  try {
    if (!fstatSync(fd).isFIFO()) return undefined;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Another user's, or no reader is left, or not on Linux.
    return undefined;
  }
}
