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
import type { BodySource } from "./response-writer.ts";

/** The result of a read: a chunk, which {@linkcode chunkOf} reads, or the end. */
export interface StreamRead {
  readonly done: boolean;
  readonly value?: unknown;
}

const END: StreamRead = { done: true };

/** A body that is read as a stream. */
export class BodyStream implements BodySource {
  /** Whether the stream was ended as if by itself: the failure of a read is its end then. */
  ended = false;

  readonly #response: Response;
  #reader: PieceReader | undefined;
  /** The stream, where it must not be cancelled in the middle of a read. */
  readonly #uncancellable: ReadableStream<Uint8Array> | undefined;
  /** Whether such a stream is in the middle of a read. */
  #reading = false;

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

  /** Reads the next chunk, or the end once the stream was cancelled. */
  read(): Promise<StreamRead> {
    const reader = this.#reader;
    if (reader === undefined) return Promise.resolve(END);
    // The reader of an app's own stream may give anything.
    const read: Promise<StreamRead> = Promise.resolve(reader.read());
    if (this.#uncancellable !== undefined) this.#note(read);
    return read;
  }

  #note(read: Promise<StreamRead>): void {
    this.#reading = true;
    const settled = () => {
      this.#reading = false;
    };
    read.then(settled, settled);
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
    if (stream === undefined || !this.#reading) return await cancel(reader, reason);
    cancelAfterRead(stream, reader as ReadableStreamDefaultReader, reason);
  }

  /** {@inheritDoc BodySource.endEvents} */
  endEvents(reason: unknown): void {
    try {
      this.ended = isEventStream(this.#response);
    } catch {
      // The headers of an app's own subclass may throw.
    }
    if (this.ended) void this.cancel(reason);
  }
}

/** The bytes of a chunk; undefined at the end of the stream. */
export function chunkOf({ done, value }: StreamRead): Uint8Array | undefined {
  return done ? undefined : toBytes(value);
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
