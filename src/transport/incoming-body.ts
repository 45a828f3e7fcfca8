/**
 * A body that comes from a socket, as a stream that holds its sender back, or all at once.
 *
 * @module
 */

import type { ArrivingBody } from "../cgi/request.ts";
import { Collector } from "./collector.ts";

/** Where the bytes come from. */
export interface BodySource {
  /** Asks for more bytes, or for none until asked again. */
  read(mode: "flow" | "hold"): void;
  /** The present time, in milliseconds. */
  now(): number;
  /** How many there will be; 0 where nobody knows, and nobody waits for the whole. */
  readonly length: number;
  /** The reader wants no more. */
  cancelled?(): void;
}

/** Bytes that may wait for a reader before the sender is held back. */
const BUFFERED_BYTES = 262144;
/** What a chunk takes beside its bytes, at least on Deno and Node. */
const CHUNK_BYTES = 512;
/** Smaller chunks that wait are put together, in arrays of this size. */
const SMALL_BYTES = 4096;

/** A body that arrives while it is read. */
export class IncomingBody implements ArrivingBody {
  /** What the handler reads. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Since when a read waits for bytes, in milliseconds; 0 while none does. */
  waitingSince = 0;
  /** When it was last read, in milliseconds; 0 until it was. */
  readAt = 0;

  readonly #source: BodySource;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #queue: Uint8Array[] = [];
  /** What those that wait take. */
  #queued = 0;
  /** The array that the last of them is the beginning of, where small ones are put together. */
  #last: Uint8Array | undefined;
  #waiting = false;
  #state: "open" | "complete" | "closed" = "open";
  #failure: unknown;
  /** Who waits for the whole body. */
  #collector: Collector | undefined;

  /** Makes the body; its bytes are pushed. */
  constructor(source: BodySource) {
    this.#source = source;
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#pull(),
      cancel: () => {
        this.#close();
        source.cancelled?.();
      },
    }, { highWaterMark: 0 });
  }

  /** Whether somebody reads it still. */
  get wanted(): boolean {
    return this.#state === "open" && (this.#collector !== undefined || this.stream.locked);
  }

  /** {@inheritDoc ArrivingBody.whole} */
  whole(): Promise<Uint8Array> {
    if (this.#state === "closed") return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const collector = this.#collector = new Collector(this.#source.length, resolve, reject);
      for (const bytes of this.#queue) collector.add(bytes);
      this.#queue = [];
      if (this.#state === "complete") return this.#collected(collector);
      this.waitingSince = this.readAt = this.#source.now();
      this.#source.read("flow");
    });
  }

  /** Takes the bytes that came. Gives whether they are kept. */
  push(bytes: Uint8Array): boolean {
    if (this.#state !== "open") return false;
    if (this.#collector !== undefined) {
      this.#collector.add(bytes);
      this.waitingSince = this.readAt = this.#source.now();
      return false;
    }
    if (this.#waiting) {
      this.#waiting = false;
      this.waitingSince = 0;
      this.#controller.enqueue(bytes);
    } else {
      this.#keep(bytes);
      if (this.#queued >= BUFFERED_BYTES) this.#source.read("hold");
    }
    return true;
  }

  #keep(bytes: Uint8Array): void {
    this.#queued += bytes.length;
    const place = this.#queue.length - 1;
    const { length = 0 } = this.#queue[place] ?? {};
    if (this.#last !== undefined && length + bytes.length <= this.#last.length) {
      this.#last.set(bytes, length);
      this.#queue[place] = this.#last.subarray(0, length + bytes.length);
      return;
    }
    this.#queued += CHUNK_BYTES;
    this.#last = undefined;
    // A first one has nothing to be put together with.
    if (bytes.length < SMALL_BYTES && place >= 0) {
      this.#last = new Uint8Array(SMALL_BYTES);
      this.#last.set(bytes);
      bytes = this.#last.subarray(0, bytes.length);
    }
    this.#queue.push(bytes);
  }

  /** All bytes have come: what waits is read to its end, whatever happens to the connection. */
  complete(): void {
    if (this.#state !== "open") return;
    this.#state = "complete";
    if (this.#collector !== undefined) return this.#collected(this.#collector);
    if (this.#queue.length === 0) {
      this.#close();
      this.#controller.close();
    }
  }

  /** No more bytes will come: reads fail. */
  fail(reason: unknown): void {
    if (this.#state !== "open") return;
    this.#failure = reason;
    this.#close();
    this.#controller.error(reason);
    this.#collector?.reject(reason);
  }

  #collected({ resolve, bytes }: Collector): void {
    this.#close();
    this.#controller.close();
    resolve(bytes);
  }

  #pull(): void {
    this.readAt = this.#source.now();
    const bytes = this.#queue.shift();
    if (bytes !== undefined) {
      this.#queued -= bytes.length + CHUNK_BYTES;
      if (this.#queue.length === 0) this.#last = undefined;
      this.#controller.enqueue(bytes);
      if (this.#state === "complete" && this.#queue.length === 0) {
        this.#close();
        this.#controller.close();
      }
      return;
    }
    this.#waiting = true;
    this.waitingSince = this.readAt;
    this.#source.read("flow");
  }

  /** What comes after this is dropped, so that the sender is not held back by it. */
  #close(): void {
    const open = this.#state === "open";
    this.#state = "closed";
    this.#queue = [];
    this.#last = undefined;
    this.waitingSince = 0;
    if (open) this.#source.read("flow");
  }
}
