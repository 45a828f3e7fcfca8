/**
 * Bytes that were written to a socket and that the kernel has not accepted yet, and the end of the
 * socket, which waits for them.
 *
 * @module
 */

import type { Socket, SocketEvents } from "./socket.ts";

/** The methods of a socket that wait until the queue is empty. */
type Ending = "shutdown" | "end";

/** Shared by all empty queues, since most sockets never queue anything. */
const EMPTY: never[] = [];

/** Chunks of bytes, or of ASCII text, in the order in which they are sent. They are kept, not copied. */
export class SendQueue<Chunk extends Uint8Array | string = Uint8Array> {
  #chunks: Chunk[] = EMPTY;
  #bytes = 0;
  #ending: Ending | undefined;

  /** Whether the queue has no chunk. */
  get empty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Total length of the chunks, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The next chunk to send. The queue must not be empty. */
  get first(): Chunk {
    return this.#chunks[0]!;
  }

  /** Appends a chunk. */
  push(bytes: Chunk): void {
    this.#bytes += bytes.length;
    if (this.#chunks === EMPTY) this.#chunks = [bytes];
    else this.#chunks.push(bytes);
  }

  /** Removes the first bytes, `count` in number, all of which are in the first chunk. */
  sent(count: number): void {
    const { first } = this;
    this.#bytes -= count;
    if (count === first.length) this.#chunks.shift();
    else this.#chunks[0] = after(first, count) as Chunk;
  }

  /** Removes all chunks. */
  clear(): void {
    this.#chunks = EMPTY;
    this.#bytes = 0;
  }

  /**
   * Sets how the socket ends after the last chunk.
   *
   * @returns whether the queue is empty, and the socket can end now. If not, {@linkcode drained}
   * ends it.
   */
  finish(ending: Ending): boolean {
    const { empty } = this;
    this.#ending = empty ? undefined : ending;
    return empty;
  }

  /** Reports that all bytes were sent, then ends the socket where {@linkcode finish} was called. */
  drained(socket: Pick<Socket, Ending>, events: SocketEvents | undefined): void {
    // A call of `finish` in the event finds the queue empty, and ends the socket by itself.
    const ending = this.#ending;
    // The callbacks of several writes may report the same drain.
    this.#ending = undefined;
    events?.drain();
    if (ending !== undefined) socket[ending]();
  }
}

/** The rest of a chunk behind its first bytes. */
function after(chunk: Uint8Array | string, count: number): Uint8Array | string {
  return typeof chunk === "string" ? chunk.substring(count) : chunk.subarray(count);
}
