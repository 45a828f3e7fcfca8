/**
 * Reads a body that arrives past the stream that a handler has of it.
 *
 * @module
 */

import type { ArrivingBody, PieceReader } from "../../cgi/request.ts";

/** The bodies that streams were made of. */
const bodies: WeakMap<ReadableStream<Uint8Array>, ArrivingBody> = new WeakMap();

/** Notes the body that a stream was made of. */
export function noteBody(stream: ReadableStream<Uint8Array>, body: ArrivingBody): void {
  bodies.set(stream, body);
}

/**
 * Reads the body that a stream was made of, where the app has read none of it: an echo then costs half as
 * much. The stream is locked, and used, as by a reader of its own.
 *
 * @returns undefined for any other stream.
 */
export function readPast(stream: ReadableStream<Uint8Array>): PieceReader | undefined {
  const body = bodies.get(stream);
  if (body?.pieces === undefined || stream.locked || body.stream.locked) return undefined;
  return body.pieces(stream.getReader());
}
