/**
 * Joins two sockets: the bytes, the end and the failure of each are passed on to the other.
 *
 * @module
 */

import type { Socket, SocketEvents } from "./socket.ts";

/** A sender is paused while so many of its bytes wait for the other peer, in number. */
const MOST_UNSENT_BYTES = 65536;
/** The time in which the second peer has to end after the first, in milliseconds. */
const PEER_END_MS = 2000;

/** One of two joined sockets: takes the events of its socket. */
export class Relay implements SocketEvents {
  /** Number of bytes that the peer of this socket sent. */
  received = 0;
  readonly #socket: Socket;
  #other: Relay | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Joins the sockets of two relays. */
  static join(one: Relay, two: Relay): void {
    one.#other = two;
    two.#other = one;
  }

  /** Closes both sockets after all bytes that came. */
  stop(): void {
    this.#socket.end();
    this.#other!.#socket.end();
  }

  data(bytes: Uint8Array): boolean {
    this.received += bytes.length;
    const to = this.#other!.#socket;
    if (!to.write(bytes) && to.unsent >= MOST_UNSENT_BYTES) this.#socket.read("pause");
    return true;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#other!.#socket.shutdown();
    this.#awaitOther();
  }

  drain(): void {
    this.#other!.#socket.read("flow");
  }

  close(error?: unknown): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    const other = this.#other!;
    clearTimeout(other.#timer);
    if (other.#closed) return;
    if (error === undefined) other.#socket.end();
    else other.#socket.abort();
  }

  /** Web servers keep no tunnel that is open one way. Bytes that came before the end are sent, though. */
  #awaitOther(): void {
    this.#timer = setTimeout(() => {
      if (this.#other!.#socket.unsent > 0) this.#awaitOther();
      else this.stop();
    }, PEER_END_MS);
  }
}
