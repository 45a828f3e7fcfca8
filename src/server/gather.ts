/**
 * Gathers the chunks of a stream that are there already, so that they leave in one write: a write of
 * its own costs a small chunk ten times as much as all else.
 *
 * @module
 */

import type { BodyStream, Read } from "./body-stream.ts";

/** The most that chunks have together, in bytes. A larger chunk stays alone. */
const MOST_BYTES = 65536;
/** The most chunks, so that small ones leave as well. */
const MOST_CHUNKS = 256;
/** After this time the app computes the chunks: they are not there already. In milliseconds. */
const MOST_MS = 2;

/** The time that a chunk has which is there already. */
export interface Patience {
  /** The turns of the microtask queue in which each chunk has to come. */
  readonly turns: number;
  /** The number of chunks that may take any time within their turns. */
  readonly untimed: number;
}

/** Chunks that were there. */
export interface Gathered {
  readonly chunks: Uint8Array[];
  /** Bytes of all chunks. */
  readonly size: number;
  /** The read after the last chunk. */
  readonly next: Promise<Read>;
}

/**
 * Gathers chunks until the stream waits, ends or fails.
 *
 * @param next The read of the first chunk.
 */
export async function gather(
  stream: BodyStream,
  next: Promise<Read>,
  { turns, untimed }: Patience,
): Promise<Gathered> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const since = Date.now();
  while (chunks.length < MOST_CHUNKS) {
    for (let left = turns; stream.last === undefined && left > 0; left--) await null;
    const value = stream.last?.value;
    if (value === undefined || size > 0 && size + value.length > MOST_BYTES) break;
    if (chunks.length >= untimed && Date.now() - since >= MOST_MS) break;
    chunks.push(value);
    size += value.length;
    next = stream.read();
  }
  return { chunks, size, next };
}
