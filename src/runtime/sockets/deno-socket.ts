/**
 * A socket of Deno.
 *
 * @module
 */

import { SpareMemory } from "../../scgi/spare-memory.ts";
import { SendQueue } from "../../transport/send-queue.ts";
import type { ReadMode, Socket, SocketEvents } from "../../transport/socket.ts";
import type * as types from "../types.ts";
import { inTurn } from "./deno-turns.ts";
import { probe } from "./probe.ts";

/** Thousands of connections may wait for their head, and heads are short. */
const HEAD_READ_BYTES = 16384;
const BODY_READ_BYTES = 65536;
/** The first read of a body may wait for long: after the body it waits for the disconnect. */
const FIRST_READ_BYTES = 1024;
/** A shorter chunk of a body is copied, so that it does not keep a whole buffer alive. */
const COPY_BELOW_BYTES = 16384;
/** How many buffers the pool keeps: as many connections can wait for their head at once. */
const POOLED = 1024;

/** Buffers for heads: allocating 8 KiB costs 1.6 µs, because the memory is cleared. */
const pool: Uint8Array[] = [];

/** How many buffers for bodies that no app sees are kept. */
const POOLED_BODIES = 32;

const bodyPool: SpareMemory = new SpareMemory(BODY_READ_BYTES, POOLED_BODIES);

/** A socket that Deno has accepted, or connects. */
export class DenoSocket implements Socket {
  readonly watches = false;
  readonly resets = false;
  readonly tellsHalfClose: boolean;
  readonly unix: boolean;
  /** Undefined while it connects. */
  #native: types.DenoSocket | undefined;
  #events: SocketEvents | undefined;
  #mode: ReadMode = "flow";
  #reading = false;
  readonly #queue: SendQueue = new SendQueue();
  #ended = false;
  #closed = false;
  #first = true;

  /** @param native Undefined for a socket that connects. */
  constructor(unix: boolean, native?: types.DenoSocket) {
    this.#native = native;
    this.unix = unix;
    this.tellsHalfClose = unix;
  }

  get remoteAddress(): string | undefined {
    return this.#native?.remoteAddr.hostname;
  }

  get unsent(): number {
    return this.#queue.bytes;
  }

  attach(events: SocketEvents): void {
    this.#events = events;
    if (this.#native !== undefined) this.#pump();
  }

  /** Takes the news that it is connected. */
  opened(native: types.DenoSocket): void {
    if (this.#closed) return native.close();
    this.#native = native;
    this.#events!.connect?.();
    this.#pump();
  }

  /** Takes the news that the connection failed. */
  failed(error: unknown): void {
    this.#close(error);
  }

  read(mode: ReadMode): void {
    this.#mode = mode;
    if (mode === "flow" && !this.#reading && this.#native !== undefined) this.#pump();
  }

  release(bytes: Uint8Array): void {
    bodyPool.give(bytes);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed) return true;
    const { empty } = this.#queue;
    this.#queue.push(bytes);
    if (empty) inTurn(this);
    return false;
  }

  shutdown(): void {
    if (this.#closed || !this.#queue.finish("shutdown")) return;
    this.#native!.closeWrite().catch((error) => this.#close(error));
  }

  end(): void {
    if (!this.#closed && this.#queue.finish("end")) this.#close();
  }

  abort(): void {
    this.#close(new Error("The connection was closed before the response was whole"));
  }

  async #pump(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#mode === "flow" && !this.#closed && !this.#ended) {
        if (this.#first) await this.#readHead();
        else await this.#readBody();
      }
    } catch (error) {
      this.#close(error);
    }
    this.#reading = false;
  }

  async #readHead(): Promise<void> {
    const buffer = pool.pop() ?? new Uint8Array(HEAD_READ_BYTES);
    let kept = false;
    try {
      const count = await this.#native!.read(buffer);
      this.#first = false;
      if (count === null) this.#end();
      else if (!this.#closed) kept = this.#events!.data(buffer.subarray(0, count));
    } finally {
      if (!kept && pool.length < POOLED) pool.push(buffer);
    }
  }

  async #readBody(): Promise<void> {
    let length = FIRST_READ_BYTES;
    let buffer: Uint8Array | undefined;
    do {
      buffer ??= this.#events!.returnsMemory === true ? bodyPool.take() : new Uint8Array(length);
      length = BODY_READ_BYTES;
      const count = await this.#native!.read(buffer);
      if (count === null) return this.#end();
      if (this.#closed) return;
      if (this.#report(buffer, count)) buffer = undefined;
    } while (this.#mode === "flow" && !this.#closed);
    if (buffer !== undefined) this.release(buffer);
  }

  /** Reports bytes of a body. Returns whether their buffer is kept, or too small for the next. */
  #report(buffer: Uint8Array, count: number): boolean {
    const events = this.#events!;
    if (count < COPY_BELOW_BYTES && events.keepsNothing !== true) {
      events.data(buffer.slice(0, count));
      return count === buffer.length;
    }
    const kept = events.data(count === buffer.length ? buffer : buffer.subarray(0, count));
    return kept || count === FIRST_READ_BYTES;
  }

  #end(): void {
    this.#ended = true;
    if (this.#closed) return;
    this.#events!.end();
    if (this.tellsHalfClose) void probe((nothing) => this.#probe(nothing));
  }

  async #probe(nothing: Uint8Array): Promise<boolean> {
    try {
      if (!this.#closed && this.#queue.empty) await this.#native!.write(nothing);
    } catch (error) {
      this.#close(error);
    }
    return !this.#closed;
  }

  /**
   * Writes the first bytes of the queue.
   *
   * Callbacks in the place of an async function, which takes more time for each write. A socket that keeps
   * them survives collections of garbage, which costs a client 2 µs a connection: V8 puts a function that is
   * written where it is assigned to a property into its old generation.
   */
  flush(): void {
    if (this.#closed) return;
    this.#native!.write(this.#queue.first).then(
      (count) => this.#sent(count),
      (error) => this.#close(error),
    );
  }

  #sent(count: number): void {
    if (this.#closed) return;
    this.#queue.sent(count);
    if (this.#queue.empty) this.#queue.drained(this, this.#events);
    else inTurn(this);
  }

  #close(error?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.clear();
    try {
      this.#native?.close();
    } catch {
      // Deno has closed it already.
    }
    this.#events!.close(error);
  }
}
