/**
 * Memory that is used again: 1 MiB of new memory costs Node four times as much as a copy into memory
 * that was used before, and brings the collection of garbage forward.
 *
 * @module
 */

/** Arrays of one length, of which some are kept. */
export class SpareMemory {
  /** The length of each array, in bytes. */
  readonly length: number;
  readonly #most: number;
  readonly #kept: Uint8Array<ArrayBuffer>[] = [];

  /**
   * @param length The length of each array, in bytes.
   * @param most How many arrays are kept.
   */
  constructor(length: number, most: number) {
    this.length = length;
    this.#most = most;
  }

  /** An array, with any bytes in it. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#kept.pop() ?? new Uint8Array(this.length);
  }

  /** Keeps an array that nothing else uses any more, unless enough are kept. */
  give(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length === this.length && this.#kept.length < this.#most) this.#kept.push(bytes);
  }
}
