/**
 * Cancels a stream that an app has made. Some of the runtimes' own streams throw where nobody can
 * catch it, and end the process, when they are cancelled at the wrong moment.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { runtime } from "../detect.ts";

type Cancellable = Pick<ReadableStreamDefaultReader, "cancel">;

/**
 * Cancels a stream, or its reader, and resolves when it was told; that this fails is no failure of
 * the reply.
 */
export function cancel(stream: Cancellable, reason?: unknown): Promise<void> {
  // What `Readable.toWeb()` made emits in this turn what it holds, and throws if it is cancelled.
  return new Promise((resolve) =>
    setImmediate(() => {
      try {
        stream.cancel(reason).catch(() => {});
      } catch {
        // An app's own subclass may do as it likes.
      }
      resolve();
    })
  );
}

/**
 * Lets go of a stream in the middle of a read, which fails, and cancels the stream once it has
 * given what it was asked for.
 */
export function cancelAfterRead(
  stream: ReadableStream,
  reader: ReadableStreamDefaultReader,
  reason?: unknown,
): void {
  reader.releaseLock();
  const next = stream.getReader();
  const left = () => cancel(next, reason);
  next.read().then(left, left);
}

/**
 * Whether a stream may be one that Node made of an async iterable: such a stream throws when the
 * iterable ends after a cancel in the middle of a read. Recorded responses are made of iterables
 * that tell of no end then.
 */
export function mayBeIterable(stream: ReadableStream): boolean {
  if (runtime !== "node") return false;
  try {
    // Streams of bytes have such a reader, and no others.
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** Reads a body of an app's, which can be cancelled at any time. */
export class BodyReader {
  readonly #stream: ReadableStream<Uint8Array>;
  readonly #mayBeIterable: boolean;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #reading = false;

  /** Locks the stream. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#stream = stream;
    this.#mayBeIterable = mayBeIterable(stream);
    this.#reader = stream.getReader();
  }

  /** Reads the next chunk; a read that is cancelled rejects, or tells of the end. */
  async read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
    this.#reading = true;
    try {
      return await this.#reader.read();
    } finally {
      this.#reading = false;
    }
  }

  /** Cancels the stream; resolves once it was told, or was left to be told. */
  async cancel(reason?: unknown): Promise<void> {
    if (!this.#reading || !this.#mayBeIterable) return await cancel(this.#reader, reason);
    cancelAfterRead(this.#stream, this.#reader, reason);
  }
}
