/**
 * Cancels a stream of an app. Some streams of the runtimes throw an uncatchable error, which ends the
 * process, when they are cancelled at the wrong moment.
 *
 * @module
 */

import { setImmediate } from "../system/timers.ts";
import { runtime } from "../known.ts";

type Cancellable = Pick<ReadableStreamDefaultReader, "cancel">;

/**
 * Cancels a stream, or the stream of a reader. Resolves after the call, and ignores its failure, which
 * does not concern the response.
 */
export function cancel(stream: Cancellable, reason?: unknown): Promise<void> {
  // A stream of `Readable.toWeb()` emits its buffer in this turn, and throws if it is cancelled then.
  return new Promise((resolve) =>
    setImmediate(() => {
      try {
        stream.cancel(reason).catch(() => {});
      } catch {
        // A subclass in the app may throw.
      }
      resolve();
    })
  );
}

/**
 * Releases a reader during a read, which then fails, and cancels the stream after its next chunk.
 */
export function cancelAfterRead(
  stream: ReadableStream,
  reader: ReadableStreamDefaultReader,
  reason?: unknown,
): void {
  reader.releaseLock();
  const next = stream.getReader();
  const cancelNext = () => cancel(next, reason);
  next.read().then(cancelNext, cancelNext);
}

/**
 * Whether Node may have made a stream of an async iterable: such a stream throws when the iterable ends
 * after a cancel during a read. While responses are recorded, iterables are wrapped so that they do
 * not end then.
 */
export function mayBeIterable(stream: ReadableStream): boolean {
  if (runtime !== "node") return false;
  try {
    // Only byte streams, as Node makes of iterables, have a reader of this mode.
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** Reads a body of an app, and can cancel it at any time. */
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

  /** Reads the next chunk. A cancelled read rejects, or resolves with `done`. */
  async read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
    this.#reading = true;
    try {
      return await this.#reader.read();
    } finally {
      this.#reading = false;
    }
  }

  /** Cancels the stream. Where a read is under way that may happen after the read. */
  async cancel(reason?: unknown): Promise<void> {
    if (!this.#reading || !this.#mayBeIterable) return await cancel(this.#reader, reason);
    cancelAfterRead(this.#stream, this.#reader, reason);
  }
}
