/**
 * A body that arrives from a socket, as a stream with back-pressure or as one array.
 *
 * @module
 */

import type { ArrivingBody, PieceReader } from "../cgi/request.ts";
import { GrowingBuffer } from "../scgi/bytes.ts";
import { SpareMemory } from "../scgi/spare-memory.ts";

/** The connection that a body arrives on. */
export interface BodySource {
  /** Requests more bytes (`flow`), or pauses the sender until the next call (`pause`). */
  read(mode: "flow" | "pause"): void;
  /** The present time, in milliseconds. */
  now(): number;
  /** Length of the body in bytes; 0 where it is unknown, and `whole()` is not called. */
  readonly length: number;
  /** Takes back the memory of a piece, or of the whole body, which nothing uses any longer. */
  release?(bytes: Uint8Array): void;
  /** Called when the reader has cancelled the stream. */
  cancelled?(): void;
}

/** The sender is paused when chunks of this size in bytes are queued. */
const BUFFERED_BYTES = 262144;
/** The overhead of a chunk in memory, at least on Deno and Node. */
const CHUNK_BYTES = 512;
/** Smaller chunks are joined in the queue, in arrays of this size. */
const SMALL_BYTES = 4096;
/** The memory that `whole()` allocates at first, at most: less costs a copy for each doubling. */
const ROOM_BYTES = 1_048_576;
/** How many bodies are lent memory that is used again. */
const LENT = 4;

const spare: SpareMemory = new SpareMemory(ROOM_BYTES, LENT);

/** The state of a call of {@linkcode IncomingBody.whole}. */
interface WholeRead {
  readonly buffer: GrowingBuffer;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
}

/** The state of a call of {@linkcode PieceReader.read} that waits. */
interface PieceRead {
  readonly resolve: (read: { done: boolean; value?: Uint8Array }) => void;
  readonly reject: (reason: unknown) => void;
}

/** A body that arrives while it is read. */
export class IncomingBody implements ArrivingBody {
  /** The stream that the handler reads. */
  readonly stream: ReadableStream<Uint8Array>;
  /** {@inheritDoc ArrivingBody.outer} */
  outer: ReadableStream<Uint8Array> | undefined;
  /** Since when a read has waited for bytes, in milliseconds; 0 while no read waits. */
  waitingSince = 0;
  /** Time of the last read, in milliseconds; 0 before the first. */
  readAt = 0;

  readonly #source: BodySource;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #queue: Uint8Array[] = [];
  /** The memory that the queue takes, in bytes. */
  #queued = 0;
  /** The array whose beginning is the last chunk of the queue, where small chunks are joined. */
  #last: Uint8Array | undefined;
  #waiting = false;
  #state: "open" | "complete" | "closed" = "open";
  #failure: unknown;
  #failed = false;
  #wholeRead: WholeRead | undefined;
  /** Whether the pieces are read past the stream. */
  #past = false;
  #pieceRead: PieceRead | undefined;

  /** The bytes of the body are given to {@linkcode push}. */
  constructor(source: BodySource) {
    this.#source = source;
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#pull(),
      cancel: () => {
        this.#close();
        this.#settlePiece({ done: true });
        source.cancelled?.();
      },
    }, { highWaterMark: 0 });
  }

  /** Whether the body is still arriving and has a reader. */
  get wanted(): boolean {
    return this.#state === "open" &&
      (this.#wholeRead !== undefined || (this.outer ?? this.stream).locked);
  }

  /** {@inheritDoc ArrivingBody.arrived} */
  get arrived(): boolean {
    return this.#state !== "open";
  }

  /** {@inheritDoc ArrivingBody.whole} */
  whole(): Promise<Uint8Array> {
    return this.#whole();
  }

  /** {@inheritDoc ArrivingBody.lend} */
  async lend<Result>(read: (bytes: Uint8Array) => Result): Promise<Result> {
    const memory = this.#source.length > ROOM_BYTES ? undefined : spare.take();
    const bytes = await this.#whole(memory);
    try {
      return read(bytes);
    } finally {
      if (memory !== undefined) spare.give(memory);
      else this.#source.release?.(bytes);
    }
  }

  #whole(memory?: Uint8Array): Promise<Uint8Array> {
    if (this.#state === "closed") return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const buffer = new GrowingBuffer(this.#source.length, ROOM_BYTES, memory);
      for (const bytes of this.#queue) buffer.add(bytes);
      this.#queue = [];
      const read = this.#wholeRead = { buffer, resolve, reject };
      if (this.#state === "complete") return this.#finish(read);
      this.waitingSince = this.readAt = this.#source.now();
      this.#source.read("flow");
    });
  }

  /** {@inheritDoc ArrivingBody.pieces} */
  pieces(lock: ReadableStreamDefaultReader<Uint8Array>): PieceReader {
    this.#past = true;
    // The stream counts as read, and waits for its end.
    lock.read().catch(() => {});
    return {
      read: () => this.#readPiece(),
      cancel: (reason) => lock.cancel(reason),
      release: (piece) => this.#source.release?.(piece),
    };
  }

  /** Whether bytes that are still to come are copied, or dropped. */
  get copies(): boolean {
    return this.#wholeRead !== undefined || this.#state === "closed";
  }

  /** Whether the pieces that are still to come are read past the stream, and given back. */
  get lends(): boolean {
    return this.#past && this.#state === "open";
  }

  #readPiece(): ReturnType<PieceReader["read"]> {
    return new Promise((resolve, reject) => {
      const bytes = this.#shift();
      if (bytes !== undefined) {
        if (this.#state === "complete" && this.#queue.length === 0) this.#finishStream();
        resolve({ done: false, value: bytes });
      } else if (this.#state === "open") {
        this.#pieceRead = { resolve, reject };
        this.#wait();
      } else if (this.#failed) {
        reject(this.#failure);
      } else {
        resolve({ done: true });
      }
    });
  }

  /** Adds bytes that arrived. Returns whether their memory is kept, and must not be used again. */
  push(bytes: Uint8Array): boolean {
    if (this.#state !== "open") return false;
    if (this.#wholeRead !== undefined) {
      this.#wholeRead.buffer.add(bytes);
      this.waitingSince = this.readAt = this.#source.now();
      return false;
    }
    if (this.#waiting) {
      this.#waiting = false;
      this.waitingSince = 0;
      if (this.#past) this.#settlePiece({ done: false, value: bytes });
      else this.#controller.enqueue(plain(bytes));
    } else {
      this.#enqueue(bytes);
      // One piece ahead of the write is enough, and more of them would not fit into the cache.
      if (this.#past || this.#queued >= BUFFERED_BYTES) this.#source.read("pause");
    }
    return true;
  }

  #enqueue(bytes: Uint8Array): void {
    this.#queued += bytes.length;
    const index = this.#queue.length - 1;
    const { length = 0 } = this.#queue[index] ?? {};
    if (this.#last !== undefined && length + bytes.length <= this.#last.length) {
      this.#last.set(bytes, length);
      this.#queue[index] = this.#last.subarray(0, length + bytes.length);
      return;
    }
    this.#queued += CHUNK_BYTES;
    this.#last = undefined;
    // The first chunk of the queue is mostly the only one, and not worth a copy.
    if (bytes.length < SMALL_BYTES && index >= 0) {
      this.#last = new Uint8Array(SMALL_BYTES);
      this.#last.set(bytes);
      bytes = this.#last.subarray(0, bytes.length);
    }
    this.#queue.push(bytes);
  }

  /** Ends the body after the queue: the queue can be read even when the connection fails. */
  complete(): void {
    if (this.#state !== "open") return;
    this.#state = "complete";
    if (this.#wholeRead !== undefined) return this.#finish(this.#wholeRead);
    if (this.#queue.length === 0) this.#finishStream();
  }

  /** Fails all reads, those of the queue as well: the rest of the body will not arrive. */
  fail(reason: unknown): void {
    if (this.#state !== "open") return;
    this.#failure = reason;
    this.#failed = true;
    this.#close();
    this.#controller.error(reason);
    this.#wholeRead?.reject(reason);
    this.#pieceRead?.reject(reason);
  }

  #finish({ resolve, buffer }: WholeRead): void {
    this.#close();
    this.#controller.close();
    const { bytes, length } = buffer;
    resolve(bytes.length === length ? bytes : bytes.subarray(0, length));
  }

  #pull(): void {
    if (this.#past) return;
    const bytes = this.#shift();
    if (bytes === undefined) return this.#wait();
    this.#controller.enqueue(plain(bytes));
    if (this.#state === "complete" && this.#queue.length === 0) this.#finishStream();
  }

  /** Takes the first chunk of the queue for a read. */
  #shift(): Uint8Array | undefined {
    this.readAt = this.#source.now();
    const bytes = this.#queue.shift();
    if (bytes === undefined) return undefined;
    this.#queued -= bytes.length + CHUNK_BYTES;
    if (this.#queue.length === 0) this.#last = undefined;
    return bytes;
  }

  #wait(): void {
    this.#waiting = true;
    this.waitingSince = this.readAt;
    this.#source.read("flow");
  }

  #settlePiece(read: { done: boolean; value?: Uint8Array }): void {
    const waiting = this.#pieceRead;
    this.#pieceRead = undefined;
    waiting?.resolve(read);
  }

  #finishStream(): void {
    this.#close();
    this.#controller.close();
    this.#settlePiece({ done: true });
  }

  /** Drops the bytes that arrive from now on, so that the sender can go on. */
  #close(): void {
    const open = this.#state === "open";
    this.#state = "closed";
    this.#queue = [];
    this.#last = undefined;
    this.waitingSince = 0;
    if (open) this.#source.read("flow");
  }
}

/** Bytes in the class that apps expect: some sockets give those of a subclass, whose methods differ. */
function plain(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
