/**
 * Chunks that leave in one write, joined in memory that is used again: new memory costs more than the
 * chunks, and is not cheap to collect.
 *
 * @module
 */

import { SpareMemory } from "../scgi/spare-memory.ts";
import { join } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";

/** Room for a head and the chunks that are gathered. */
const JOINED_BYTES = 73_728;
/** Less is joined in the pool of `Buffer`. */
const SMALL_BYTES = 4096;
/** How many arrays are kept: with 8 for 16 streams at a time, one of 64 KiB cost Deno 51 µs, and not 41. */
const MOST_SPARE = 32;

const spare: SpareMemory = new SpareMemory(JOINED_BYTES, MOST_SPARE);

/** A head and the chunks of a body, of so many bytes. */
export function joined(text: string, chunks: readonly Uint8Array[], size: number): Uint8Array {
  const length = text.length + size;
  if (length < SMALL_BYTES || length > JOINED_BYTES) return join(text, chunks, size);
  return join(text, chunks, size, spare.take());
}

/** Takes back the memory of {@linkcode joined}, which no socket may need any more. */
export function reuse(bytes: Uint8Array): void {
  spare.give(bytes);
}

/** Waits until all that was written has left, and lets the memory of {@linkcode joined} be used again. */
export async function recycle(bytes: Uint8Array, writer: ResponseWriter): Promise<void> {
  if (!writer.flushed) await writer.writable();
  if (writer.flushed) reuse(bytes);
}
