/**
 * The payload of a message that arrives in pieces.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { giveBack, LARGE, takeRoom } from "./room.ts";

const NO_BYTES: Uint8Array = new Uint8Array(0);
/** The room for a first piece, where the message is longer. */
const FIRST_ROOM = 1024;
/** The factor by which the array grows. Each growth copies the bytes so far. */
const GROWTH = 4;

/**
 * Pieces of a message, copied into an array that grows as they arrive, to four times their length at most:
 * a peer may announce more than it sends.
 */
export class Payload {
  #bytes: Uint8Array = NO_BYTES;
  #length = 0;
  readonly #lent: boolean;

  /** @param lent Whether the pieces are copied out of the array in the end, and it is given back. */
  constructor(lent: boolean) {
    this.#lent = lent;
  }

  /**
   * Appends a copy of a piece.
   *
   * @param total Length of the whole message, where it is known.
   */
  add(piece: Uint8Array, total: number = Infinity): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const room = Math.min(total, Math.max(GROWTH * length, FIRST_ROOM));
      const lent = this.#lent && room >= LARGE;
      const grown = lent ? takeRoom(room) : Buffer.allocUnsafeSlow(room);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.release();
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** All pieces. The array has an `ArrayBuffer` of its own, which may be longer. */
  bytes(): Uint8Array {
    return this.#length === this.#bytes.length
      ? this.#bytes
      : this.#bytes.subarray(0, this.#length);
  }

  /** Gives the array of a payload back that was lent one. */
  release(): void {
    if (this.#lent) giveBack(this.#bytes);
  }
}
