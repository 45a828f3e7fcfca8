/**
 * Bytes that a socket was given and that the kernel has not taken yet.
 *
 * @module
 */

/** Most sockets never have any that wait, so the list is made for the first. */
const NONE: Uint8Array[] = [];

/** What waits to be sent, in its order; it is kept, not copied. */
export class SendQueue {
  #chunks: Uint8Array[] = NONE;

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#chunks.length === 0;
  }

  /** How many bytes wait. */
  get bytes(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  /** The bytes that are next; there have to be some. */
  get first(): Uint8Array {
    return this.#chunks[0]!;
  }

  /** Lets bytes wait. */
  push(bytes: Uint8Array): void {
    if (this.#chunks === NONE) this.#chunks = [bytes];
    else this.#chunks.push(bytes);
  }

  /** So many of the first bytes have left. */
  sent(count: number): void {
    const { first } = this;
    if (count < first.length) this.#chunks[0] = first.subarray(count);
    else this.#chunks.shift();
  }

  /** Drops what waits. */
  clear(): void {
    this.#chunks = NONE;
  }
}
