/**
 * Bytes that were written to a socket and that the kernel has not accepted yet.
 *
 * @module
 */

/** Shared by all empty queues, since most sockets never queue anything. */
const EMPTY: Uint8Array[] = [];

/** Chunks of bytes in the order in which they are sent. They are kept, not copied. */
export class SendQueue {
  #chunks: Uint8Array[] = EMPTY;

  /** Whether the queue has no chunk. */
  get empty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Total length of the chunks, in bytes. */
  get bytes(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  /** The next chunk to send. The queue must not be empty. */
  get first(): Uint8Array {
    return this.#chunks[0]!;
  }

  /** Appends a chunk. */
  push(bytes: Uint8Array): void {
    if (this.#chunks === EMPTY) this.#chunks = [bytes];
    else this.#chunks.push(bytes);
  }

  /** Removes the first bytes, `count` in number, all of which are in the first chunk. */
  sent(count: number): void {
    const { first } = this;
    if (count < first.length) this.#chunks[0] = first.subarray(count);
    else this.#chunks.shift();
  }

  /** Removes all chunks. */
  clear(): void {
    this.#chunks = EMPTY;
  }
}
