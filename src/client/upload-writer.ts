/**
 * Writes a request to the socket of its call: in one write where its body is short, else piece by piece.
 *
 * @module
 */

import { BodyReader } from "../runtime/fetch/cancel.ts";
import { concat } from "../scgi/bytes.ts";
import type { Socket } from "../transport/socket.ts";
import { wrongLength } from "./failures.ts";
import type { Upload } from "./upload.ts";

/** A body up to this length is sent in one write with its head. */
const SMALL_BYTES = 65536;
/** The length of one write: short enough for a slow server to take some within `replyTimeout`. */
const PIECE_BYTES = 262144;

/** The bytes of a request that leaves in one write; undefined for one whose body is long, or a stream. */
export function inOneWrite(head: Uint8Array, { body, length }: Upload): Uint8Array | undefined {
  if (body === null) return head;
  if (!(body instanceof Uint8Array) || length > SMALL_BYTES) return undefined;
  return concat([head, body], head.length + length);
}

/** Takes the news of a request that is written piece by piece. */
export interface UploadEvents {
  /** The socket has not taken all bytes, which are waited for. */
  blocked(): void;
  /** The socket has taken all bytes. */
  flowing(): void;
  /** All of the request was sent; its response depends no longer on the rest of a stream. */
  requested(): void;
}

/** Writes one request whose body is long, or a stream. */
export class UploadWriter {
  readonly #socket: Socket;
  readonly #events: UploadEvents;
  /** The body, where it is a stream, until its end. */
  #reader: BodyReader | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, events: UploadEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  /**
   * Writes the request.
   *
   * @throws {ScgiError} `REQUEST_LENGTH` where a stream has another length; or what it throws.
   */
  async send(head: Uint8Array, { body, length }: Upload): Promise<void> {
    await this.#write(head);
    if (body instanceof Uint8Array) {
      for (let at = 0; at < length && !this.#stopped; at += PIECE_BYTES) {
        await this.#write(body.subarray(at, at + PIECE_BYTES));
      }
    } else {
      await this.#stream(body!, length);
    }
    if (this.#stopped) return;
    this.#events.requested();
    if (this.#reader !== undefined) await this.#awaitEnd(length);
  }

  /** Takes the news that the socket has taken all bytes. */
  drained(): void {
    this.#wake?.();
  }

  /** Writes no more, and cancels the stream. */
  stop(reason: unknown): void {
    this.#stopped = true;
    this.#wake?.();
    if (this.#reader !== undefined) void this.#reader.cancel(reason);
  }

  async #stream(body: ReadableStream<Uint8Array>, length: number): Promise<void> {
    const reader = this.#reader = new BodyReader(body);
    for (let sent = 0; sent < length && !this.#stopped;) {
      const { done, value } = await reader.read();
      if (this.#stopped) return;
      sent += value?.length ?? 0;
      if (done || sent > length) throw wrongLength(length);
      await this.#write(value!);
    }
  }

  /** Waits for the end of a stream, so that a surplus is noticed. */
  async #awaitEnd(length: number): Promise<void> {
    const next = () => this.#reader?.read().catch(() => undefined);
    let read = await next();
    while (!this.#stopped && read?.value?.length === 0) read = await next();
    if (this.#stopped) return;
    if (read?.done === false) throw wrongLength(length);
    this.#reader = undefined;
  }

  /** Writes, and waits until the socket has taken all bytes. */
  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#stopped || this.#socket.write(bytes)) return;
    // The write may have failed the call.
    if (this.#stopped) return;
    this.#events.blocked();
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#events.flowing();
  }
}
