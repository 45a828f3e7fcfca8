/**
 * Writes the bytes of one response to a socket, and knows how far they got.
 *
 * @module
 */

import type { Socket } from "../transport/socket.ts";
import type { ServerInternals } from "./internals.ts";

/** The stream that a body comes from. */
export interface BodySource {
  /** Cancels the stream. */
  cancel(reason?: unknown): Promise<void>;
  /** Ends a stream of server-sent events as if it had ended by itself. */
  endEvents(reason: unknown): void;
}

/** The exchange of a response. */
export interface ResponseOwner {
  /** Takes the news that the last byte of the response was given to the socket. */
  whole(): void;
}

/** The writing side of one response. */
export class ResponseWriter {
  /** Status of the response; 0 before its head. */
  status = 0;
  /** Whether bytes were written, so that no other response can take the place of this one. */
  begun = false;
  /** Bytes of the body that were written. */
  bodyBytes = 0;
  /** Whether all bytes that were written have left. */
  flushed = true;
  /**
   * When the body's stream was asked for the chunk that it has not given, or the bytes before have left, in
   * milliseconds; or 0.
   */
  quietSince = 0;
  /** Whether the response is whole. */
  ended = false;
  /** Whether further bytes are dropped. */
  closed = false;
  /** The stream that is being sent. */
  source: BodySource | undefined;
  /** Takes the news that all bytes have left. */
  outlet: { drained(): void } | undefined;

  readonly #server: Pick<ServerInternals, "now" | "traffic">;
  readonly #socket: Pick<Socket, "write" | "writeAscii" | "resets" | "unsent">;
  readonly #owner: ResponseOwner | undefined;
  /** When the socket stopped taking bytes, in milliseconds; 0 while it takes them. */
  #blockedSince = 0;
  /** Bytes that had not left when the peer took some last. */
  #unsent = 0;
  #wake: (() => void) | undefined;

  /** @param owner Is told when the response is whole. */
  constructor(
    server: Pick<ServerInternals, "now" | "traffic">,
    socket: Pick<Socket, "write" | "writeAscii" | "resets" | "unsent">,
    owner?: ResponseOwner,
  ) {
    this.#server = server;
    this.#socket = socket;
    this.#owner = owner;
  }

  /** Whether the peer can be shown that a response broke off. */
  get resets(): boolean {
    return this.#socket.resets;
  }

  /** The present time in milliseconds. */
  now(): number {
    return this.#server.now();
  }

  /**
   * Writes bytes, of which so many are body. Gives whether more can be written at once.
   *
   * @param owned Whether nothing else uses the bytes.
   */
  write(bytes: Uint8Array, body: number = bytes.length, owned = false): boolean {
    if (this.closed) return true;
    this.#count(bytes.length, body);
    return this.#note(this.#socket.write(bytes, owned));
  }

  /**
   * Writes a text of ASCII alone, which is body, without a copy. Gives as `write()` does whether more can
   * be written at once; undefined where the socket sends bytes alone, and nothing was written.
   */
  writeAscii(text: string): boolean | undefined {
    if (this.#socket.writeAscii === undefined) return undefined;
    if (this.closed) return true;
    this.#count(text.length, text.length);
    return this.#note(this.#socket.writeAscii(text));
  }

  #count(bytes: number, body: number): void {
    this.begun = true;
    this.bodyBytes += body;
    this.#server.traffic.out += bytes;
  }

  #note(flushed: boolean): boolean {
    this.flushed = flushed;
    if (!flushed && this.#blockedSince === 0) this.#blockedSince = this.#server.now();
    return flushed;
  }

  /** Resolves when more can be written, or further bytes are dropped. */
  writable(): Promise<void> {
    if (this.flushed || this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /**
   * Ends the response with the byte that was written last. The peer may close as soon as it has that
   * byte, so nothing may be waited for in between. A second call does nothing.
   */
  end(): void {
    if (this.closed || this.ended) return;
    this.ended = true;
    this.source = undefined;
    this.#owner?.whole();
  }

  /** Takes the news that the socket has sent all bytes. */
  drained(): void {
    this.flushed = true;
    this.#blockedSince = 0;
    if (this.quietSince > 0) this.quietSince = this.now();
    this.outlet?.drained();
    this.#wake?.();
  }

  /** Takes no more bytes, and cancels the stream that they came from. */
  close(reason: unknown): void {
    if (this.closed) return;
    this.closed = true;
    void this.source?.cancel(reason);
    this.#wake?.();
  }

  /** Whether the peer has taken nothing for so many milliseconds; 0 is no limit. */
  stalled(now: number, timeout: number): boolean {
    if (this.#blockedSince === 0) return false;
    const { unsent } = this.#socket;
    if (unsent !== this.#unsent) {
      this.#unsent = unsent;
      this.#blockedSince = now;
    }
    return timeout > 0 && now - this.#blockedSince >= timeout;
  }
}
