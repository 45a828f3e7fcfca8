/**
 * A queue of lines before a stream that may be slow, full or closed. Adding a line never waits;
 * lines that do not fit are dropped and counted.
 *
 * @module
 */

import { setTimeout } from "node:timers";
import { utf8Bytes } from "../scgi/latin1.ts";
import { codeOf, isGone, isStalled, type WriteSome } from "../runtime/system/standard-streams.ts";

/** The capacity, in UTF-16 code units. A longer line fits into an empty queue. */
const CAPACITY = 1_048_576;
/** The first size of a write: a pipe takes so many bytes all at once, or none of them. */
const BATCH_BYTES = 4096;
/** The largest size of a write, reached while all bytes are taken. */
const LARGE_BATCH_BYTES = 65_536;
/** The first and the longest delay before a stalled write is repeated. */
const STALLED_MS = 1;
const LONG_STALLED_MS = 64;
/** The delay before a failed write is repeated. */
const FAILED_MS = 1000;
/** A write that takes longer has a slow reader. */
const USUAL_MS = 50;

/** Reports the state of the stream in a sentence. */
type Report = (sentence: string) => void;

/** The lines of one stream. */
export class LineQueue {
  readonly #name: string;
  readonly #write: WriteSome;
  readonly #report: Report;
  #lines: string[] = [];
  /** The length of all lines. */
  #length = 0;
  /** The rest of a batch that was written in part. */
  #rest: Uint8Array | undefined;
  #writing = false;
  /** When the write under way began. */
  #begun = 0;
  /** Whether the reader has closed the stream. */
  #closed = false;
  /** Why the last write failed. */
  #failure: string | undefined;
  #dropped = 0;
  #delay = STALLED_MS;
  #batch = BATCH_BYTES;
  #largest = LARGE_BATCH_BYTES;
  #waiting: (() => void)[] = [];

  /**
   * Creates an empty queue.
   *
   * @param name The name of the stream in reports.
   */
  constructor(name: string, write: WriteSome, report: Report) {
    this.#name = name;
    this.#write = write;
    this.#report = report;
  }

  /** Adds a line, which includes its line end; returns at once. */
  push(line: string): void {
    if (this.#closed) return;
    if (this.#length > 0 && this.#length + line.length > CAPACITY) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#length += line.length;
    if (!this.#writing) void this.#run();
  }

  /** Whether a write is under way that will probably end soon. */
  get ending(): boolean {
    return this.#writing && performance.now() - this.#begun < USUAL_MS;
  }

  /** Resolves when all lines are written or a write fails, at the latest after a time. */
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
    for (let bytes = this.#next(); bytes !== undefined && !this.#closed; bytes = this.#next()) {
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

  /** Reports, between lines, how many lines were dropped, or that a failure is over. */
  #recovered(): void {
    if (this.#rest !== undefined || this.#length > CAPACITY / 2) return;
    const [failure, dropped] = [this.#failure, this.#dropped];
    this.#failure = undefined;
    this.#dropped = 0;
    const why = failure ?? "its reader was too slow";
    const lines = dropped === 1 ? "1 line" : `${dropped} lines`;
    const were = dropped === 1 ? "was" : "were";
    if (dropped > 0) this.#report(`${lines} of ${this.#name} ${were} dropped: ${why}`);
    else if (failure !== undefined) this.#report(`${this.#name} can be written again`);
  }

  async #failed(error: unknown): Promise<void> {
    if (isGone(error)) {
      this.#closed = true;
      this.#rest = undefined;
      this.#lines = [];
      return;
    }
    const stalled = isStalled(error);
    if (!stalled && this.#failure === undefined) {
      this.#failure = codeOf(error) ?? String(error);
      this.#report(
        `${this.#name} cannot be written: ${this.#failure}. Lines are kept until it can be`,
      );
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
