/**
 * Standard output and standard error, written to so that a reader who does not read, a full disk
 * and a closed pipe hold nothing up: by a thread of the runtime on Bun and Deno. Node waits for
 * such threads when it exits, so there it is the stream where that does not block, and the call
 * where it is a file.
 *
 * @module
 */

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

/** What writes to a standard stream. It loads nothing before it is called. */
export function standardStream(fd: StandardFd): WriteSome {
  let write: WriteSome | undefined;
  return (bytes) => (write ??= open(fd))(bytes);
}

function open(fd: StandardFd): WriteSome {
  const { Bun, Deno } = globalThis as { Bun?: unknown; Deno?: Native };
  const name = fd === 1 ? "stdout" : "stderr";
  if (Deno !== undefined) {
    const stream = Deno[name];
    return (bytes) => stream.write(bytes);
  }
  const fs = globalThis.process.getBuiltinModule("node:fs");
  if (Bun !== undefined) {
    return (bytes) =>
      new Promise((resolve, reject) => {
        const settle = (error: unknown, count: number): void =>
          error == null ? resolve(count) : reject(error);
        fs.write(fd, bytes, 0, bytes.length, null, settle);
      });
  }
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
