/**
 * Bytes that a socket was given and that the kernel has not taken yet.
 *
 * @module
 */

import type { Socket, SocketEvents } from "./socket.ts";

/** The methods of a socket that wait until all bytes were sent. */
type Ending = "shutdown" | "end";

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

  /** The end of the socket that waits for the queue to be empty. */
  #ending: Ending | undefined;

  /**
   * Sets how the socket ends after the last chunk.
   *
   * @returns whether the queue is empty, so that the socket can end now. If not, {@linkcode drained}
   * ends it.
   */
  finish(ending: Ending): boolean {
    this.#ending = ending;
    return this.empty;
  }

  /** Reports that all bytes were sent, then ends the socket where {@linkcode finish} was called. */
  drained(socket: Pick<Socket, Ending>, events: SocketEvents | undefined): void {
    // The event may call `finish`, and has then ended the socket by itself.
    const ending = this.#ending;
    events?.drain();
    if (ending !== undefined) socket[ending]();
  }

  /** Drops what waits. */
  clear(): void {
    this.#chunks = NONE;
  }
}
