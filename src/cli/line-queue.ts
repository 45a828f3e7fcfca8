/**
 * Lines on their way to a stream that may be slow, full or gone: a line is taken at once, and what
 * does not fit is counted.
 *
 * @module
 */

import { setTimeout } from "node:timers";
import { utf8Bytes } from "../scgi/latin1.ts";
import { codeOf, isGone, isStalled, type WriteSome } from "../sockets/standard-streams.ts";

/** How much may wait, in UTF-16 code units. A line that is longer fits where nothing waits. */
const MOST_WAITING = 1_048_576;
/** How much is written at a time, in bytes: a pipe takes so much whole, or nothing of it. */
const BATCH_BYTES = 4096;
/** How soon a write is tried again: where its reader is slow, at first and at most; and else. */
const STALLED_MS = 1;
const LONG_STALLED_MS = 64;
const FAILED_MS = 1000;

/** Is told how the stream fares, as what follows its name. */
type Tell = (what: string) => void;

/** The lines of one stream. */
export class LineQueue {
  readonly #write: WriteSome;
  readonly #tell: Tell;
  #lines: string[] = [];
  /** The length of those. */
  #length = 0;
  /** What is left of a batch that has left in part. */
  #rest: Uint8Array | undefined;
  #writing = false;
  /** Whether nobody will ever read what is written. */
  #gone = false;
  /** Why the last write failed. */
  #failure: string | undefined;
  #dropped = 0;
  #delay = STALLED_MS;
  #waiting: (() => void)[] = [];

  /** Makes the queue before a stream. */
  constructor(write: WriteSome, tell: Tell) {
    this.#write = write;
    this.#tell = tell;
  }

  /** Writes a line, with its end, as soon as that can be; returns at once. */
  push(line: string): void {
    if (this.#gone) return;
    if (this.#length > 0 && this.#length + line.length > MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#length += line.length;
    if (!this.#writing) void this.#run();
  }

  /** Resolves when everything has been written or cannot be, or after some milliseconds. */
  async flushed(ms: number): Promise<void> {
    if (!this.#writing || this.#failure !== undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async #run(): Promise<void> {
    this.#writing = true;
    for (let bytes = this.#next(); bytes !== undefined && !this.#gone; bytes = this.#next()) {
      try {
        const count = await this.#write(bytes.subarray(0, BATCH_BYTES));
        this.#delay = STALLED_MS;
        this.#rest = count < bytes.length ? bytes.subarray(count) : undefined;
        this.#recovered();
      } catch (error) {
        this.#rest = bytes;
        await this.#failed(error);
      }
    }
    this.#writing = false;
    this.#settle();
  }

  #next(): Uint8Array | undefined {
    if (this.#rest !== undefined || this.#lines.length === 0) return this.#rest;
    let count = 1;
    let { length } = this.#lines[0]!;
    while (count < this.#lines.length && length + this.#lines[count]!.length <= BATCH_BYTES) {
      length += this.#lines[count++]!.length;
    }
    this.#length -= length;
    return utf8Bytes(this.#lines.splice(0, count).join(""));
  }

  /** Says, between lines, what was lost before. */
  #recovered(): void {
    if (this.#rest !== undefined || this.#length > MOST_WAITING / 2) return;
    const [failure, dropped] = [this.#failure, this.#dropped];
    this.#failure = undefined;
    this.#dropped = 0;
    const why = failure ?? "its reader was too slow";
    if (dropped > 0) this.#tell(`dropped ${dropped === 1 ? "a line" : `${dropped} lines`}: ${why}`);
    else if (failure !== undefined) this.#tell("can be written to again");
  }

  async #failed(error: unknown): Promise<void> {
    if (isGone(error)) {
      this.#gone = true;
      this.#rest = undefined;
      this.#lines = [];
      return;
    }
    const stalled = isStalled(error);
    if (!stalled && this.#failure === undefined) {
      this.#failure = codeOf(error) ?? String(error);
      this.#tell(`cannot be written to: ${this.#failure}. Lines wait until it can`);
    }
    if (!stalled) this.#settle();
    const delay = stalled ? this.#delay : FAILED_MS;
    this.#delay = Math.min(2 * this.#delay, LONG_STALLED_MS);
    await new Promise<void>((resolve) => setTimeout(resolve, delay).unref());
  }

  #settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
