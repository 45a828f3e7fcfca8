/**
 * Standard output and standard error, written to so that a reader who does not read, a full disk
 * and a closed pipe hold nothing up: by a thread of the runtime on Bun and Deno. Node waits for
 * such threads when it exits, so there the stream is used, or the call where it cannot block.
 *
 * @module
 */

import { concat } from "../bytes.ts";

const NEWLINE = Uint8Array.of(10);

/** The file descriptors of the two. */
export type StandardFd = 1 | 2;

/**
 * Writes some of the bytes and gives how many. Rejects with an error that has a `code`. Until it
 * has settled, it must not be called again.
 */
export type WriteSome = (bytes: Uint8Array) => Promise<number>;

/** The part of Deno that is used; this package needs no runtime's types. */
type Native = Record<"stdout" | "stderr", { write: WriteSome }>;

/** The part of a stream's handle that is not public. */
interface WithHandle {
  _handle?: { setBlocking?(blocking: boolean): void };
}

/** Whether an error says that nobody will ever read what is written. */
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
  if ("Bun" in globalThis || "Deno" in globalThis) return;
  const { stdout, stderr } = globalThis.process;
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
}

/**
 * What writes to a standard stream. It loads nothing before it is called.
 *
 * @param lines Whether lines are written. On Node a pipe never blocks then, whatever another
 * process that has it does, and a stalled reader is an error; on Deno a line that a full disk has
 * cut ends before it is written again.
 */
export function standardStream(fd: StandardFd, lines = false): WriteSome {
  let write: WriteSome | undefined;
  return (bytes) => (write ??= open(fd, lines))(bytes);
}

function open(fd: StandardFd, lines: boolean): WriteSome {
  const { Bun, Deno } = globalThis as { Bun?: unknown; Deno?: Native };
  const name = fd === 1 ? "stdout" : "stderr";
  if (Deno !== undefined) return ofDeno(Deno[name], lines);
  const fs = globalThis.process.getBuiltinModule("node:fs");
  if (Bun !== undefined) {
    return (bytes) =>
      new Promise((resolve, reject) => {
        const settle = (error: unknown, count: number): void =>
          error == null ? resolve(count) : reject(error);
        fs.write(fd, bytes, 0, bytes.length, null, settle);
      });
  }
  const own = lines ? reopened(fd) : undefined;
  // deno-lint-ignore require-await
  if (own !== undefined) return async (bytes) => fs.writeSync(own, bytes);
  const stream = globalThis.process[name];
  // Each write tells of its own failure; without this one it would end the process as well.
  stream.on("error", () => {});
  const stats = fs.fstatSync(fd);
  if (!stats.isFIFO() && !stats.isSocket() && !stream.isTTY) {
    // deno-lint-ignore require-await
    return async (bytes) => fs.writeSync(fd, bytes);
  }
  // A terminal that is stopped would block; libuv has opened it anew for this process.
  if (stream.isTTY) (stream as WithHandle)._handle?.setBlocking?.(false);
  return (bytes) =>
    new Promise((resolve, reject) => {
      stream.write(bytes, (error) => error == null ? resolve(bytes.length) : reject(error));
    });
}

/** Deno tells nothing of what it has written of bytes before it fails. */
function ofDeno(stream: { write: WriteSome }, lines: boolean): WriteSome {
  let cut = false;
  return async (bytes) => {
    try {
      await stream.write(cut ? concat([NEWLINE, bytes], 1 + bytes.length) : bytes);
      cut = false;
      return bytes.length;
    } catch (error) {
      cut ||= lines && !isStalled(error);
      throw error;
    }
  };
}

/** A pipe, opened anew: all who have it by the same opening share whether it blocks. */
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
