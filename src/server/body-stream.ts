/**
 * The stream of a Response's body, read a chunk ahead, so that chunks that are ready leave with the
 * head.
 *
 * @module
 */

import type { PieceReader } from "../cgi/request.ts";
import { isEventStream } from "../cgi/response.ts";
import { ScgiError } from "../errors.ts";
import { cancel, cancelAfterRead, mayBeIterable } from "../runtime/fetch/cancel.ts";
import { readPast } from "../runtime/fetch/read-past.ts";
import { isRecorded, type RecordedBody } from "../runtime/fetch/recorded-body.ts";
import { utf8Bytes } from "../scgi/latin1.ts";
import type { Failure } from "./context.ts";
import type { BodySource } from "./response-writer.ts";

/** The result of a read: a chunk, the end, or a failure. */
export interface Read {
  readonly value?: Uint8Array;
  readonly done?: true;
  readonly failure?: Failure;
}

/** A body that is read as a stream. */
export class BodyStream implements BodySource {
  /** The result of the last read; undefined while it waits. */
  last: Read | undefined;

  readonly #response: Response;
  #reader: PieceReader | undefined;
  /** The stream, where it must not be cancelled in the middle of a read. */
  readonly #uncancellable: ReadableStream<Uint8Array> | undefined;
  /** Whether the stream was ended as if by itself. */
  #ended = false;

  /** Locks the body of a Response. */
  constructor(
    response: Response,
    body: ReadableStream<Uint8Array>,
    recorded: RecordedBody | undefined,
  ) {
    this.#response = response;
    // A body of fetch() may be quiet for ever, and must not be waited for.
    if (!isRecorded(recorded) && response.url === "" && mayBeIterable(body)) {
      this.#uncancellable = body;
    }
    this.#reader = readPast(body) ?? body.getReader();
  }

  /** Reads the next chunk, or the end once the stream was cancelled; the promise never rejects. */
  read(): Promise<Read> {
    if (this.#reader === undefined) return Promise.resolve(this.last = { done: true });
    this.last = undefined;
    return this.#reader.read().then(
      (result) => this.last = toRead(result),
      (error) => this.last = this.#ended ? { done: true } : { failure: { error } },
    );
  }

  /** Lets the memory of a chunk be used again, where the app has not seen it. */
  release(chunk: Uint8Array): void {
    this.#reader?.release?.(chunk);
  }

  /** {@inheritDoc BodySource.cancel} */
  async cancel(reason?: unknown): Promise<void> {
    const [reader, stream] = [this.#reader, this.#uncancellable];
    this.#reader = undefined;
    if (reader === undefined) return;
    if (stream === undefined || this.last !== undefined) return await cancel(reader, reason);
    cancelAfterRead(stream, reader as ReadableStreamDefaultReader, reason);
  }

  /** {@inheritDoc BodySource.endEvents} */
  endEvents(reason: unknown): void {
    try {
      this.#ended = isEventStream(this.#response);
    } catch {
      // The headers of an app's own subclass may throw.
    }
    if (this.#ended) void this.cancel(reason);
  }
}

function toRead(result: { done: boolean; value?: unknown }): Read {
  try {
    const { done, value } = result;
    if (done) return { done };
    return { value: toBytes(value) };
  } catch (error) {
    return { failure: { error } };
  }
}

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return utf8Bytes(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  throw new ScgiError(
    "RESPONSE_INVALID",
    `The Response cannot be sent: Its stream gave a value of type ${typeof value}, and not bytes`,
    { status: 500 },
  );
}
