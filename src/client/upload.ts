/**
 * The body of a request to an SCGI server. SCGI sends the length of a body before the body.
 *
 * @module
 */

import { Gathered } from "../scgi/bytes.ts";
import { blobLength } from "../runtime/fetch/blob-length.ts";
import { BodyReader } from "../runtime/fetch/cancel.ts";
import { tooLong } from "./failures.ts";

/** A body and its length in bytes. */
export interface Upload {
  readonly length: number;
  readonly body: ReadableStream<Uint8Array> | Uint8Array | null;
}

/**
 * Finds the length of a request's body. A body of unknown length is read into memory.
 *
 * @param given The body that the request was made with, if it is known.
 * @param limit The most bytes that are read of a body that may be endless.
 * @throws {ScgiError} `BODY_TOO_LARGE` (413) over the limit; or the reason of the request's signal.
 */
export async function measure(
  request: Request,
  given: RequestInit["body"] | undefined,
  limit: number,
): Promise<Upload> {
  const { body, headers } = request;
  if (body === null) return { length: 0, body };
  const length = headers.get("content-length");
  if (length !== null && /^[0-9]+$/.test(length)) return { length: Number(length), body };
  if (given instanceof Blob) {
    // A read of the body fails with the same reason.
    const size = await blobLength(given).catch(() => undefined);
    if (size !== undefined) return { length: size, body };
  }
  const bytes = await readAll(body, isInMemory(given) ? Infinity : limit, request.signal);
  return { length: bytes.length, body: bytes };
}

/** Whether a body is in memory already. Every other body may be endless. */
function isInMemory(given: unknown): boolean {
  return typeof given === "string" || given instanceof ArrayBuffer || ArrayBuffer.isView(given) ||
    given instanceof URLSearchParams || given instanceof FormData;
}

async function readAll(
  body: ReadableStream<Uint8Array>,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const reader = new BodyReader(body);
  const gathered = new Gathered();
  const onAbort = (): void => void reader.cancel(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return gathered.bytes();
      gathered.add(value!);
      if (gathered.length <= limit) continue;
      await reader.cancel();
      throw tooLong(limit);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
