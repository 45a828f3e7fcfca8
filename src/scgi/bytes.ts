/**
 * Bytes that arrive in chunks, put together into one array.
 *
 * @module
 */

/** Number of chunks to join at a time: many small chunks take far more memory than their bytes. */
const MAX_CHUNKS = 1024;

/** Chunks whose total length is not known in advance. They are kept, and copied when joined. */
export class Gathered {
  /** Total length of the chunks so far. */
  length = 0;
  readonly #joined: Uint8Array[] = [];
  #chunks: Uint8Array[] = [];
  /** Total length of `#chunks`. */
  #size = 0;

  /** Appends a chunk, which must not change afterwards: it is not copied yet. */
  add(chunk: Uint8Array): void {
    this.length += chunk.length;
    this.#size += chunk.length;
    if (this.#chunks.push(chunk) === MAX_CHUNKS) this.#join();
  }

  /** All chunks as one array; a single chunk as it is. */
  bytes(): Uint8Array {
    this.#join();
    return this.#joined.length === 1 ? this.#joined[0]! : concat(this.#joined, this.length);
  }

  #join(): void {
    const [first, ...more] = this.#chunks;
    if (first === undefined) return;
    this.#joined.push(more.length === 0 ? first : concat(this.#chunks, this.#size));
    this.#chunks = [];
    this.#size = 0;
  }
}

/** Chunks up to a known total length, copied into an array that grows as they arrive. */
export class GrowingBuffer {
  /** The first {@linkcode length} bytes are those of the chunks. */
  bytes: Uint8Array;
  /** Total length of the chunks so far. */
  length = 0;
  readonly #max: number;

  /**
   * @param max The largest total length.
   * @param room The length to allocate at first, where `max` is larger: a peer may announce more
   * than it sends.
   * @param bytes The memory to begin with; new memory unless given.
   */
  constructor(max: number, room: number, bytes?: Uint8Array) {
    this.#max = max;
    this.bytes = bytes ?? new Uint8Array(Math.min(max, room));
  }

  /** Appends a copy of a chunk. */
  add(chunk: Uint8Array): void {
    const { bytes } = this;
    const length = this.length + chunk.length;
    if (length > bytes.length) {
      this.bytes = new Uint8Array(Math.min(this.#max, Math.max(length, 2 * bytes.length)));
      this.bytes.set(bytes.subarray(0, this.length));
    }
    this.bytes.set(chunk, this.length);
    this.length = length;
  }
}

/** Copies chunks of the given total length into one array. */
export function concat(
  chunks: readonly Uint8Array[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
