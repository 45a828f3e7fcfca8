/**
 * A socket of Bun, and the handlers of its events.
 *
 * @module
 */

import { SendQueue } from "../../transport/send-queue.ts";
import type { ReadMode, Socket, SocketEvents } from "../../transport/socket.ts";
import { freeBytes } from "../system/free-bytes.ts";
import type * as types from "../types.ts";

/** Bun looks at each unit of a text before it sends the first, and a socket takes about as many. */
const TEXT_UNITS = 262144;

/** A socket of Bun whose data is one of ours. */
export type NativeSocket = types.BunSocket<BunSocket>;

/** A socket that Bun has accepted, or connects. */
export class BunSocket implements Socket {
  readonly watches = true;
  readonly resets: boolean;
  readonly tellsHalfClose: boolean;
  readonly unix: boolean;
  /** Undefined while it connects. */
  #native: NativeSocket | undefined;
  readonly #queue: SendQueue<Uint8Array | string> = new SendQueue();
  /** Chunks of the queue that nothing else uses, and those that have left it. */
  #owned: Uint8Array[] | undefined;
  /** Whether it is the socket of a server. */
  readonly #accepted: boolean;
  #paused = false;
  #closed = false;
  #events: SocketEvents | undefined;

  /** @param native Undefined for a socket that connects. */
  constructor(unix: boolean, native?: NativeSocket) {
    this.#native = native;
    this.#accepted = native !== undefined;
    this.unix = unix;
    this.resets = !unix;
    this.tellsHalfClose = unix;
  }

  get remoteAddress(): string | undefined {
    return this.unix ? undefined : this.#native?.remoteAddress;
  }

  get unsent(): number {
    return this.#queue.bytes;
  }

  attach(events: SocketEvents): void {
    this.#events = events;
  }

  /** Takes the news that it is connected. */
  opened(native: NativeSocket): void {
    this.#native = native;
    if (this.#closed) native.terminate();
    else this.#events?.connect?.();
  }

  read(mode: ReadMode): void {
    const pause = mode === "pause";
    if (pause === this.#paused || this.#closed) return;
    this.#paused = pause;
    if (pause) this.#native?.pause();
    else this.#native?.resume();
  }

  release(bytes: Uint8Array): void {
    freeBytes(bytes);
  }

  write(bytes: Uint8Array, owned = false): boolean {
    if (this.#closed) return true;
    if (!this.#queue.empty) {
      this.#queue.push(bytes);
      if (owned) (this.#owned ??= []).push(bytes);
      return false;
    }
    const written = this.#native!.write(bytes);
    if (written === bytes.length) {
      if (owned) freeBytes(bytes);
      return true;
    }
    if (owned) this.#owned = [bytes];
    if (written < 0) this.#fail();
    else this.#queue.push(bytes.subarray(written));
    return false;
  }

  writeAscii(text: string): boolean {
    if (this.#closed) return true;
    const { empty } = this.#queue;
    this.#queue.push(text);
    if (empty && !this.#sendQueue()) return false;
    return this.#queue.empty;
  }

  shutdown(): void {
    if (!this.#closed && this.#queue.finish("shutdown")) this.#native!.shutdown();
  }

  end(): void {
    // Bun's `end` drops the bytes that it has not sent.
    if (!this.#closed && this.#queue.finish("end")) this.#native!.end();
  }

  abort(): void {
    if (this.#closed) return;
    this.#queue.clear();
    if (this.#native === undefined) this.closed(disconnected());
    else this.#native.terminate();
  }

  data(bytes: Uint8Array): void {
    const kept = this.#events?.data(bytes);
    // A client's reply is made of bytes that it does not keep.
    if (kept === false && this.#accepted) freeBytes(bytes);
  }

  peerEnded(): void {
    this.#events?.end();
  }

  /** Called by Bun even when nothing was written. */
  drain(): void {
    if (this.#queue.empty || !this.#sendQueue()) return;
    this.#free();
    this.#queue.drained(this, this.#events);
  }

  /** Sends what the kernel accepts of the queue. Gives whether that is all. */
  #sendQueue(): boolean {
    while (!this.#queue.empty) {
      const piece = firstOf(this.#queue.first);
      const written = this.#native!.write(piece);
      if (written < 0) {
        this.#fail();
        return false;
      }
      this.#queue.sent(written);
      if (written < piece.length) return false;
    }
    return true;
  }

  closed(error?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    const unsent = this.#queue.empty ? undefined : disconnected();
    this.#queue.clear();
    this.#free();
    this.#events?.close(error ?? unsent);
  }

  /** Frees what was sent, or will not be. */
  #free(): void {
    this.#owned?.forEach(freeBytes);
    this.#owned = undefined;
  }

  /** Handles a failed write: the close event may come late or never. */
  #fail(): void {
    this.#native!.terminate();
    this.closed(disconnected());
  }
}

/** The part of a chunk that is sent next. */
function firstOf(chunk: Uint8Array | string): Uint8Array | string {
  return typeof chunk === "string" ? chunk.substring(0, TEXT_UNITS) : chunk;
}

function disconnected(): Error {
  return new Error("The peer disconnected before it received the whole response");
}

/** The handlers that Bun calls, but for `open`. */
export const EVENTS = {
  data: (native: NativeSocket, bytes: Uint8Array): void => native.data.data(bytes),
  end: (native: NativeSocket): void => native.data.peerEnded(),
  drain: (native: NativeSocket): void => native.data.drain(),
  close: (native: NativeSocket, error?: unknown): void => native.data.closed(error),
  error(native: NativeSocket, error: unknown): void {
    native.terminate();
    native.data.closed(error);
  },
};
