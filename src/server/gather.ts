/**
 * Gathers the chunks of a stream that are there already, so that they leave with the head: a response
 * that is there leaves in one write, and its length is known.
 *
 * @module
 */

import { setImmediate } from "../runtime/system/timers.ts";
import { type BodyStream, chunkOf, type StreamRead } from "./body-stream.ts";
import type { Failure } from "./context.ts";
import { Pace } from "./pace.ts";

/** The most that chunks have together, in bytes. A larger chunk stays alone. */
export const MOST_BYTES = 65536;
/** The most chunks, so that small ones leave as well. */
export const MOST_CHUNKS = 256;
/**
 * The number of chunks that may take any time, since a body that ends too soon is a 500 before the head
 * has left, and a reset afterwards.
 */
const UNTIMED_CHUNKS = 16;

/** The beginning of a body. */
export interface Gathered {
  readonly chunks: readonly Uint8Array[];
  /** Bytes of all chunks. */
  readonly size: number;
  /** Whether the stream has ended. */
  readonly done: boolean;
  /** The failure of the stream. */
  readonly failure: Failure | undefined;
  /** The read after the last chunk; its failure does not have to be handled. */
  readonly next: Promise<StreamRead>;
}

/** Gathers chunks until the stream waits for the event loop, ends or fails. */
export function gather(stream: BodyStream): Promise<Gathered> {
  return new Promise((resolve) => {
    const gathering = new Gathering(stream);
    const settle = () => {
      gathering.over = true;
      gathering.next.catch(() => {});
      resolve(gathering);
    };
    void gathering.run().then(settle);
    // A stream that has not ended by then waits. To count turns of the microtasks instead costs Bun
    // 0.1 µs a chunk.
    setImmediate(settle);
  });
}

class Gathering implements Gathered {
  readonly chunks: Uint8Array[] = [];
  size = 0;
  done = false;
  failure: Failure | undefined;
  next: Promise<StreamRead>;
  /** Whether no chunk is taken any more. */
  over = false;
  readonly #stream: BodyStream;

  constructor(stream: BodyStream) {
    this.#stream = stream;
    this.next = stream.read();
  }

  async run(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      if (this.#stream.ended) this.done = true;
      else this.failure = { error };
    }
  }

  async #run(): Promise<void> {
    const pace = new Pace(Date.now());
    const { chunks } = this;
    while (chunks.length < MOST_CHUNKS) {
      const read = await this.next;
      if (this.over) return;
      const chunk = chunkOf(read);
      if (chunk === undefined) {
        this.done = true;
        return;
      }
      if (this.size > 0 && this.size + chunk.length > MOST_BYTES) return;
      if (chunks.length >= UNTIMED_CHUNKS && pace.isSlow()) return;
      chunks.push(chunk);
      this.size += chunk.length;
      this.next = this.#stream.read();
    }
  }
}
