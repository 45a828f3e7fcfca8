/**
 * Lines on their way to a stream that may be slow, full or gone: a line is taken at once, and lines
 * that do not fit are counted.
 *
 * @module
 */

import { setTimeout } from "node:timers";
import { utf8Bytes } from "../scgi/latin1.ts";
import { codeOf, isGone, isStalled, type WriteSome } from "../runtime/system/standard-streams.ts";

/** How much may wait, in UTF-16 code units. A line that is longer fits where nothing waits. */
const MOST_WAITING = 1_048_576;
/** How much is written at a time, in bytes, at first: a pipe takes so much whole, or nothing of it. */
const BATCH_BYTES = 4096;
/** The same while all of it leaves and more waits, unless a part of it was refused before. */
const LARGE_BATCH_BYTES = 65_536;
/** How soon a write is tried again: where its reader is slow, at first and at most; and else. */
const STALLED_MS = 1;
const LONG_STALLED_MS = 64;
const FAILED_MS = 1000;
/** A write that lasts longer than this has a reader who is slow. */
const USUAL_MS = 50;

/** Is told how the stream fares, in a sentence. */
type Tell = (sentence: string) => void;

/** The lines of one stream. */
export class LineQueue {
  readonly #name: string;
  readonly #write: WriteSome;
  readonly #tell: Tell;
  #lines: string[] = [];
  /** The length of those. */
  #length = 0;
  /** The rest of a batch that has left in part. */
  #rest: Uint8Array | undefined;
  #writing = false;
  /** When the write that lasts began. */
  #begun = 0;
  /** Whether the reader has left. */
  #gone = false;
  /** Why the last write failed. */
  #failure: string | undefined;
  #dropped = 0;
  #delay = STALLED_MS;
  #batch = BATCH_BYTES;
  #largest = LARGE_BATCH_BYTES;
  #waiting: (() => void)[] = [];

  /** Makes the queue before a stream, which has this name in sentences. */
  constructor(name: string, write: WriteSome, tell: Tell) {
    this.#name = name;
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

  /** Whether a write lasts that a reader has probably not held up. */
  get leaving(): boolean {
    return this.#writing && performance.now() - this.#begun < USUAL_MS;
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
        this.#begun = performance.now();
        const count = await this.#write(bytes.subarray(0, this.#batch));
        this.#delay = STALLED_MS;
        this.#batch = Math.min(2 * this.#batch, this.#largest);
        this.#rest = count < bytes.length ? bytes.subarray(count) : undefined;
        this.#recovered();
      } catch (error) {
        this.#rest = bytes;
        this.#batch = this.#largest = BATCH_BYTES;
        await this.#failed(error);
      }
    }
    this.#writing = false;
    this.#batch = BATCH_BYTES;
    this.#settle();
  }

  #next(): Uint8Array | undefined {
    if (this.#rest !== undefined || this.#lines.length === 0) return this.#rest;
    let count = 1;
    let { length } = this.#lines[0]!;
    while (count < this.#lines.length && length + this.#lines[count]!.length <= this.#batch) {
      length += this.#lines[count++]!.length;
    }
    this.#length -= length;
    return utf8Bytes(this.#lines.splice(0, count).join(""));
  }

  /** Says, between lines, how many were lost before. */
  #recovered(): void {
    if (this.#rest !== undefined || this.#length > MOST_WAITING / 2) return;
    const [failure, dropped] = [this.#failure, this.#dropped];
    this.#failure = undefined;
    this.#dropped = 0;
    const why = failure ?? "its reader was too slow";
    const lines = dropped === 1 ? "1 line" : `${dropped} lines`;
    const were = dropped === 1 ? "was" : "were";
    if (dropped > 0) this.#tell(`${lines} of ${this.#name} ${were} dropped: ${why}`);
    else if (failure !== undefined) this.#tell(`${this.#name} can be written to again`);
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
      this.#tell(`${this.#name} cannot be written to: ${this.#failure}. Lines wait until it can`);
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
