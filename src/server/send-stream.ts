/**
 * Sends a Response whose body is a stream: what is ready leaves with the head, the rest as fast as
 * the reader takes it, up to the declared length.
 *
 * @module
 */

import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { ScgiError } from "../errors.ts";
import { impliedType } from "../runtime/fetch/implied-type.ts";
import type { RecordedBody } from "../runtime/fetch/recording.ts";
import { latin1Bytes } from "../scgi/latin1.ts";
import type { BodyStream, Read } from "./body-stream.ts";
import { encodeHead, join, type ResponseInfo } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";

/**
 * Turns of the microtask queue in which a body that is there already has been read: so a response
 * that is there leaves in one write, and the head of one that is not leaves at once.
 */
const PEEK_TURNS = 32;
/** The most of a body that is gathered before its head leaves. */
const PEEK_BYTES = 65536;
/** After so many bytes of a stream others have their turn, even if it and its reader never wait. */
const TURN_BYTES = 1_048_576;
/** The least that a chunk counts, so that small ones come to an end as well. */
const CHUNK_BYTES = 4096;
/** The time in which a stream has to end after its last declared byte, in milliseconds. */
const END_MS = 10_000;

/**
 * Sends head and body.
 *
 * @param known The length of the body in bytes, where it is known before its end.
 * @returns a promise that resolves when all was written or the writer was closed.
 * @throws {ScgiError} `RESPONSE_LENGTH` where the stream ends too soon; or what the stream throws.
 */
export async function sendStream(
  response: Response,
  stream: BodyStream,
  recorded: RecordedBody | undefined,
  known: number | undefined,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let next = stream.read();
  for (let turns = PEEK_TURNS; size < PEEK_BYTES; next = stream.read()) {
    while (stream.last === undefined && turns-- > 0) await null;
    if (stream.last?.value === undefined) break;
    chunks.push(stream.last.value);
    size += stream.last.value.length;
  }
  if (writer.closed) return;
  const { last } = stream;
  if (last?.failure !== undefined) throw last.failure.error;
  const done = last?.done === true;
  // Bun.serve takes a fetched body for bytes once it is whole.
  const fetched = response.url !== "";
  const type = impliedType(recorded, fetched && !done ? undefined : chunks[0], fetched);
  const head = encodeHead(response, writer, info, type, done ? size : known, !done);
  if (info.method === "HEAD") {
    writer.write(latin1Bytes(head.text), 0);
    return await stream.cancel();
  }
  const length = head.length ?? Infinity;
  const first = join(head.text, chunks, size);
  if (size > length) {
    writer.write(first.subarray(0, first.length - (size - length)), length);
    return await cut(stream, length, info);
  }
  if (!writer.write(first, size) && !done) await writer.writable();
  if (!done) await pump(stream, next, size, length, writer, info);
}

/** Writes the rest of a stream, up to the length that was declared. */
async function pump(
  stream: BodyStream,
  next: Promise<Read>,
  size: number,
  length: number,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  let turn = 0;
  while (!writer.closed) {
    if (size === length) {
      // The end of the connection, which comes now, does not concern the stream.
      writer.source = undefined;
      return void awaitEnd(stream, next, length, info);
    }
    writer.quietSince = writer.now();
    const { value, failure } = await next;
    writer.quietSince = 0;
    if (writer.closed) return;
    if (failure !== undefined) throw failure.error;
    if (value === undefined) break;
    const room = length - size;
    size += value.length;
    if (size > length) {
      if (room > 0) writer.write(value.subarray(0, room));
      return await cut(stream, length, info);
    }
    if (value.length > 0 && !writer.write(value)) await writer.writable();
    turn += Math.max(value.length, CHUNK_BYTES);
    if (turn >= TURN_BYTES) {
      turn = 0;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    next = stream.read();
  }
  if (!writer.closed && length !== Infinity && size < length) {
    throw new ScgiError(
      "RESPONSE_LENGTH",
      `The body ended after ${size} of the ${length} bytes that its Content-Length declares`,
    );
  }
}

/** Waits for the end of a stream after the last declared byte, with which the response is whole. */
async function awaitEnd(
  stream: BodyStream,
  next: Promise<Read>,
  length: number,
  info: ResponseInfo,
): Promise<void> {
  const timer = setTimeout(() => void stream.cancel(), END_MS).unref();
  const { value, failure } = await next;
  clearTimeout(timer);
  if (failure !== undefined) {
    info.warn(
      new ScgiError(
        "RESPONSE_LENGTH",
        `The body failed after the ${length} bytes that its Content-Length declares`,
        { cause: failure.error },
      ),
    );
  } else if (value !== undefined) {
    if (value.length > 0) await cut(stream, length, info);
    else await stream.cancel();
  }
}

async function cut(stream: BodyStream, length: number, info: ResponseInfo): Promise<void> {
  info.warn(
    new ScgiError(
      "RESPONSE_LENGTH",
      `The body is longer than its Content-Length; what comes after ${length} bytes was cut`,
    ),
  );
  await stream.cancel();
}
