/**
 * A queue of lines before a stream that may be slow, full or closed. Adding a line never waits;
 * lines that do not fit are dropped and counted.
 *
 * @module
 */

import { once, setImmediate, setTimeout } from "../runtime/system/timers.ts";
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
const NEWLINE = 10;
/** A write that takes longer has a slow reader. */
const USUAL_MS = 50;

/** Reports the state of the stream in a sentence. */
type Report = (sentence: string) => void;

/** The lines of one stream. */
export class LineQueue {
  readonly #name: string;
  readonly #report: Report;
  readonly #atomic: number;
  #write: WriteSome;
  /** The writer that takes the place of the present one, once no write of that is under way. */
  #next: (() => WriteSome) | undefined;
  #lines: string[] = [];
  /** The length of all lines. */
  #length = 0;
  /** The batch that is being written, and how many of its bytes were. */
  #bytes: Uint8Array | undefined;
  #at = 0;
  #writing = false;
  /** Whether the lines of this turn wait for its end. */
  #gathering = false;
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
   * @param atomic The size of writes where each has whole lines, since other processes write to the
   * same file; a longer line is one write. Without it the size grows while all bytes are taken.
   */
  constructor(name: string, write: WriteSome, report: Report, atomic = 0) {
    this.#name = name;
    this.#write = write;
    this.#report = report;
    this.#atomic = atomic;
    if (atomic > 0) this.#batch = atomic;
  }

  /**
   * Adds a line, which includes its line end; returns at once.
   *
   * @param gathers Whether the line may wait for others of this turn of the event loop, so that they
   * are written together.
   */
  push(line: string, gathers = false): void {
    if (this.#closed) return;
    if (this.#length >= LARGE_BATCH_BYTES) this.begin();
    if (this.#length > 0 && this.#length + line.length > CAPACITY) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#writing) return;
    const waits = this.#gathering;
    this.#gathering = true;
    if (!gathers) this.begin();
    else if (!waits) setImmediate(() => this.begin());
  }

  /** Begins at once to write what was gathered. */
  begin(): void {
    if (!this.#gathering) return;
    this.#gathering = false;
    void this.#run();
  }

  /**
   * Replaces the writer as soon as no write is under way; lines that wait go to the new one. A line
   * that was written in part is written again.
   *
   * @param open Is called at that moment.
   */
  replace(open: () => WriteSome): void {
    this.#next = open;
    if (!this.#writing) this.#replace();
  }

  /** Whether a write is under way that will probably end soon. */
  get ending(): boolean {
    return this.#writing && performance.now() - this.#begun < USUAL_MS;
  }

  /** Resolves when all lines are written or a write fails, at the latest after a time. */
  async flushed(ms: number): Promise<void> {
    this.begin();
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
    while (!this.#closed) {
      this.#replace();
      const bytes = this.#rest();
      if (bytes === undefined) break;
      try {
        this.#begun = performance.now();
        const taken = this.#write(this.#atomic > 0 ? bytes : bytes.subarray(0, this.#batch));
        // A writer that is done at once writes even while the process exits.
        const count = typeof taken === "number" ? taken : await taken;
        this.#delay = STALLED_MS;
        if (this.#atomic === 0) this.#batch = Math.min(2 * this.#batch, this.#largest);
        this.#at += count;
        if (count === bytes.length) this.#bytes = undefined;
        this.#recovered();
      } catch (error) {
        if (this.#atomic === 0) this.#batch = this.#largest = BATCH_BYTES;
        await this.#failed(error);
      }
    }
    this.#writing = false;
    this.#replace();
    if (this.#atomic === 0) this.#batch = BATCH_BYTES;
    this.#settle();
  }

  /** The bytes to write next. */
  #rest(): Uint8Array | undefined {
    if (this.#bytes !== undefined) return this.#bytes.subarray(this.#at);
    if (this.#lines.length === 0) return undefined;
    let count = 1;
    let { length } = this.#lines[0]!;
    while (count < this.#lines.length && length + this.#lines[count]!.length <= this.#batch) {
      length += this.#lines[count++]!.length;
    }
    this.#length -= length;
    this.#at = 0;
    return this.#bytes = utf8Bytes(this.#lines.splice(0, count).join(""));
  }

  #replace(): void {
    const open = this.#next;
    if (open === undefined) return;
    this.#next = undefined;
    this.#write = open();
    this.#closed = false;
    if (this.#bytes !== undefined) this.#at = this.#bytes.lastIndexOf(NEWLINE, this.#at - 1) + 1;
  }

  /** Reports, between lines, how many lines were dropped, or that a failure is over. */
  #recovered(): void {
    if (this.#bytes !== undefined || this.#length > CAPACITY / 2) return;
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
      this.#bytes = undefined;
      this.#lines = [];
      this.#length = 0;
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
    await new Promise<void>((resolve) => once(delay, resolve));
  }

  #settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
