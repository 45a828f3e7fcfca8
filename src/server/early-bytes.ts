/**
 * Bytes behind a request that asks for an upgrade. Clients may send them before the answer, and they
 * belong to the tunnel.
 *
 * @module
 */

/** From this number of bytes on the peer has to wait. */
const HELD_BYTES = 65536;

/** The bytes until the answer. */
export class EarlyBytes {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** Whether no byte came. */
  get empty(): boolean {
    return this.#length === 0;
  }

  /** Whether no more can be held. */
  get full(): boolean {
    return this.#length >= HELD_BYTES;
  }

  /** Adds a copy of bytes. */
  add(bytes: Uint8Array): void {
    this.#pieces.push(new Uint8Array(bytes));
    this.#length += bytes.length;
  }

  /** Calls an action with each piece. */
  each(action: (bytes: Uint8Array) => void): void {
    this.#pieces.forEach(action);
  }
}
