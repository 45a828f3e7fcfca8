/**
 * Chunks of bytes as one.
 *
 * @module
 */

/** Copies chunks, which have so many bytes together, into one array. */
export function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
