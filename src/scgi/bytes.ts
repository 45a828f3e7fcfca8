/**
 * Chunks of bytes as one.
 *
 * @module
 */

/** So many chunks are put together at a time: small ones take far more memory than their bytes. */
const MOST_CHUNKS = 1024;

/** Bytes that come in chunks, of which nobody knows how many there will be. */
export class Gathered {
  /** How many bytes have come. */
  length = 0;
  readonly #whole: Uint8Array[] = [];
  #chunks: Uint8Array[] = [];
  /** Bytes of the chunks that are not put together yet. */
  #size = 0;

  /** Takes the next chunk; it is kept, not copied. */
  add(chunk: Uint8Array): void {
    this.length += chunk.length;
    this.#size += chunk.length;
    if (this.#chunks.push(chunk) === MOST_CHUNKS) this.#join();
  }

  /** All of them as one. */
  bytes(): Uint8Array {
    this.#join();
    return this.#whole.length === 1 ? this.#whole[0]! : concat(this.#whole, this.length);
  }

  #join(): void {
    const [first, ...more] = this.#chunks;
    if (first === undefined) return;
    this.#whole.push(more.length === 0 ? first : concat(this.#chunks, this.#size));
    this.#chunks = [];
    this.#size = 0;
  }
}

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
