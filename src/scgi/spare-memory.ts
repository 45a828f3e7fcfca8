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

  /**
   * Keeps an array that nothing else uses any more, or the one that bytes are a part of. Other arrays, and
   * those over the number that is kept, are left alone.
   */
  give(bytes: Uint8Array): void {
    const array = bytes as Uint8Array<ArrayBuffer>;
    if (array.buffer.byteLength !== this.length || this.#kept.length >= this.#most) return;
    this.#kept.push(array.length === this.length ? array : new Uint8Array(array.buffer));
  }
}
