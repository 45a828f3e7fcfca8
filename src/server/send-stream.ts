/**
 * Sends a Response whose body is a stream: what is ready leaves with the head, the rest as fast as
 * the reader takes it, up to the declared length.
 *
 * @module
 */

import { clearTimeout, later, turn } from "../runtime/system/timers.ts";
import { isInstance, ScgiError } from "../errors.ts";
import { impliedType } from "../runtime/fetch/implied-type.ts";
import type { RecordedBody } from "../runtime/fetch/recorded-body.ts";
import { latin1Bytes } from "../scgi/latin1.ts";
import { cancelReason } from "./abort.ts";
import { type BodyStream, chunkOf, type StreamRead } from "./body-stream.ts";
import { gather } from "./gather.ts";
import { joined, recycle } from "./joined.ts";
import { Outlet } from "./outlet.ts";
import { declaredLength, encodeHead, type ResponseInfo } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";
import { COPIED_BYTES } from "./send-whole.ts";

/** After so many bytes of a stream others have their turn, even if it and its reader never wait. */
const TURN_BYTES = 1_048_576;
/** The least that a chunk counts, so that small ones come to an end as well. */
const CHUNK_BYTES = 4096;
/** The time in which a stream has to end after its last declared byte, in milliseconds. */
const END_MS = 10_000;

/**
 * Sends head and body. With its last declared byte the response is whole, and the writer ends: only
 * what the stream does after that is waited for, and it aborts nothing.
 *
 * @param known The length of the body in bytes, where it is known before its end.
 * @returns a promise that resolves when nothing is left to do, or the writer was closed.
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
  const { chunks, size, done, failure, next } = await gather(stream);
  if (writer.closed) return;
  const declared = known === undefined ? declaredLength(response) : undefined;
  // A form is no stream, and may be declared wrongly. A file may have another size by now.
  const counted = done && (declared === undefined || isForm(recorded));
  const length = counted ? size : known ?? declared;
  const whole = done || length !== undefined && size >= length;
  if (failure !== undefined && !whole) throw failure.error;
  const withoutBody = info.method === "HEAD";
  if (done && size < length! && !withoutBody) throw endedEarly(size, length!);
  // Bun.serve takes a fetched body for bytes once it is whole.
  const fetched = response.url !== "";
  const type = impliedType(recorded, fetched && !done ? undefined : chunks[0], fetched);
  const head = encodeHead(response, writer, info, type, length, !whole);
  if (withoutBody) {
    writer.write(latin1Bytes(head.text), 0);
    writer.end();
    return await stream.cancel();
  }
  if (chunks.length === 1 && size >= COPIED_BYTES && !whole) {
    const [chunk] = chunks;
    writer.write(latin1Bytes(head.text), 0);
    if (!writer.write(chunk!)) await writer.writable();
    if (writer.closed) return;
    stream.release(chunk!);
    return await pump(stream, next, size, length, writer, info);
  }
  const first = joined(head.text, chunks, size);
  for (const chunk of chunks) stream.release(chunk);
  if (whole) {
    const surplus = size - length!;
    writer.write(first.subarray(0, first.length - surplus), length);
    writer.end();
    void recycle(first, writer);
    if (surplus > 0) return await cut(stream, length!, info);
    return done ? undefined : void awaitEnd(stream, next, length!, info);
  }
  writer.write(first, size);
  await recycle(first, writer);
  await pump(stream, next, size, length, writer, info);
}

/** Writes the rest of a stream, up to the length that was declared. */
async function pump(
  stream: BodyStream,
  next: Promise<StreamRead>,
  size: number,
  length: number | undefined,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  const outlet = new Outlet(stream, writer);
  outlet.begin();
  let sent = 0;
  while (!writer.closed) {
    writer.quietSince = writer.now();
    let chunk: Uint8Array | undefined;
    try {
      chunk = chunkOf(await next);
    } catch (error) {
      // What was written before the failure leaves before the reset.
      await writer.writable();
      outlet.flush();
      if (!stream.ended) throw error;
    }
    writer.quietSince = 0;
    // Only now: where the stream is slower than the reader nothing is left to wait for.
    if (!writer.flushed) await writer.writable();
    if (writer.closed) return;
    if (chunk === undefined) {
      outlet.flush();
      if (length !== undefined) throw endedEarly(size, length);
      return writer.end();
    }
    // A chunk ahead of the write.
    next = stream.read();
    const room = length === undefined ? Infinity : length - size;
    size += chunk.length;
    if (chunk.length >= room) {
      outlet.write(chunk.subarray(0, room));
      outlet.flush();
      writer.end();
      if (chunk.length === room) return void awaitEnd(stream, next, length!, info);
      next.catch(nothing);
      return await cut(stream, length!, info);
    }
    sent += Math.max(chunk.length, CHUNK_BYTES);
    outlet.write(chunk);
    if (sent < TURN_BYTES && !writer.closed) continue;
    next.catch(nothing);
    sent = 0;
    outlet.flush();
    await turn();
  }
}

function nothing(): void {}

/** Waits for the end of a stream whose response is whole, so that a surplus is noticed. */
async function awaitEnd(
  stream: BodyStream,
  next: Promise<StreamRead>,
  length: number,
  info: ResponseInfo,
): Promise<void> {
  const timer = later(END_MS, () => void stream.cancel());
  try {
    let chunk = chunkOf(await next);
    while (chunk?.length === 0) {
      await turn();
      chunk = chunkOf(await stream.read());
    }
    if (chunk !== undefined) await cut(stream, length, info);
  } catch (error) {
    if (stream.ended) return;
    info.warn(
      new ScgiError(
        "RESPONSE_LENGTH",
        `The body failed after the ${length} bytes that its Content-Length declares: ` +
          textOf(error),
        { cause: error },
      ),
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a body is a form, which has one length however it is read. */
function isForm(recorded: RecordedBody | undefined): boolean {
  if (typeof recorded !== "object" || recorded.kind !== "other") return false;
  return isInstance(recorded.body, URLSearchParams) || isInstance(recorded.body, FormData);
}

function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "an error without a text";
  }
}

function endedEarly(size: number, length: number): ScgiError {
  return new ScgiError(
    "RESPONSE_LENGTH",
    `The body ended after ${size} of the ${length} bytes that its Content-Length declares`,
  );
}

async function cut(stream: BodyStream, length: number, info: ResponseInfo): Promise<void> {
  const error = new ScgiError(
    "RESPONSE_LENGTH",
    `The body is longer than its Content-Length; what comes after ${length} bytes was cut`,
  );
  info.warn(error);
  await stream.cancel(cancelReason(error));
}
