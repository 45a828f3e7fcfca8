/**
 * A whole body, put together from its pieces.
 *
 * @module
 */

/** How much room is made for bytes that are still to come: less costs a copy for each doubling. */
const ROOM_BYTES = 1_048_576;

/** Puts the pieces of a body together, for one who waits for all of it. */
export class Collector {
  /** Room for what has come, and all of the body once it has. */
  bytes: Uint8Array;
  /** Gives it to who waits. */
  readonly resolve: (bytes: Uint8Array) => void;
  /** Tells who waits that it does not come. */
  readonly reject: (reason: unknown) => void;
  readonly #length: number;
  #filled = 0;

  /** Makes one for a body of so many bytes. */
  constructor(length: number, resolve: Collector["resolve"], reject: Collector["reject"]) {
    this.#length = length;
    this.resolve = resolve;
    this.reject = reject;
    // A client may declare more than it sends.
    this.bytes = new Uint8Array(Math.min(length, ROOM_BYTES));
  }

  /** Takes the next piece, and keeps nothing of its memory. */
  add(piece: Uint8Array): void {
    const { bytes } = this;
    const filled = this.#filled + piece.length;
    if (filled > bytes.length) {
      this.bytes = new Uint8Array(Math.min(this.#length, Math.max(filled, 2 * bytes.length)));
      this.bytes.set(bytes);
    }
    this.bytes.set(piece, this.#filled);
    this.#filled = filled;
  }
}
