/**
 * Sends requests by the C library's own calls: one connection each, as web servers do. A socket of
 * Bun costs twice as much CPU time as the whole loop here.
 *
 * @module
 */

import { type Pointer, ptr } from "bun:ffi";
import type { Place } from "./bare-shape.ts";
import { bucketOf } from "./latency.ts";
import { libc, MSG_NOSIGNAL, MSG_WAITALL, Opener } from "./opener.ts";

const PIECE_BYTES = 262_144;
/** What every good reply begins with, but for what comes before its status. */
const STATUS = /^(?:Status:|HTTP\/1\.[01]) 200 /;

/** What is sent, and for how long. */
export interface Load {
  readonly place: Place;
  /** The head of the request, one code unit a byte. */
  readonly head: string;
  /** Bytes of the request's body. */
  readonly upload: number;
  /** Bytes of the reply's body. */
  readonly reply: number;
  /** Connections that are open at a time. */
  readonly concurrency: number;
  /** How long requests are begun. */
  readonly milliseconds: number;
  /** How many at most. */
  readonly requests: number;
  /** How many a second; as many as there can be unless set. */
  readonly rate?: number | undefined;
}

/** What came of it. */
export interface Loaded {
  readonly requests: number;
  readonly seconds: number;
  /** CPU time of the generator. */
  readonly cpuMicroseconds: number;
  /** How many requests took how long, by {@linkcode bucketOf}. */
  readonly latencies: number[];
}

/** One connection after the other to one place, each with the same request. */
class Exchange {
  readonly #opener: Opener;
  readonly #load: Load;
  readonly #first: Uint8Array;
  readonly #next: Uint8Array;
  readonly #piece = new Uint8Array(PIECE_BYTES);
  readonly #pointers: { first: Pointer; next: Pointer; piece: Pointer };
  /** The bytes of a reply, and its beginning, as the first one was. */
  #expected = -1;
  #beginning: Uint8Array = new Uint8Array(0);

  constructor(load: Load) {
    this.#load = load;
    this.#opener = new Opener(load.place);
    const filling = Math.min(load.upload, PIECE_BYTES);
    this.#next = new Uint8Array(Math.max(1, filling)).fill(121);
    this.#first = Buffer.concat([
      Buffer.from(load.head, "latin1"),
      this.#next.subarray(0, filling),
    ]);
    this.#pointers = { first: ptr(this.#first), next: ptr(this.#next), piece: ptr(this.#piece) };
  }

  /** Sends a request; gives its file descriptor. */
  begin(): number {
    const fd = this.#opener.open();
    if (fd < 0) throw new Error("connect() failed");
    this.#send(fd, this.#pointers.first, this.#first.length);
    let left = this.#load.upload - Math.min(this.#load.upload, PIECE_BYTES);
    while (left > 0) {
      const length = Math.min(left, PIECE_BYTES);
      this.#send(fd, this.#pointers.next, length);
      left -= length;
    }
    return fd;
  }

  /** Waits for its reply, and throws where that is another than expected. */
  finish(fd: number): void {
    let total = 0;
    for (;;) {
      const count = Number(libc.recv(fd, this.#pointers.piece, PIECE_BYTES, MSG_WAITALL));
      if (total === 0) this.#checkBeginning(count);
      if (count > 0) total += count;
      // Where all was waited for, less than that is the end.
      if (count < PIECE_BYTES) break;
    }
    libc.close(fd);
    if (this.#expected < 0) this.#learn(total);
    else if (total !== this.#expected) throw this.#bad(`${total} bytes, not ${this.#expected}`);
  }

  #send(fd: number, pointer: Pointer, length: number): void {
    if (Number(libc.send(fd, pointer, length, MSG_NOSIGNAL)) !== length) {
      throw new Error("send() failed: the server has closed the connection");
    }
  }

  #checkBeginning(count: number): void {
    const beginning = this.#beginning;
    if (count < beginning.length) throw this.#bad(`it ended after ${count} bytes`);
    for (let index = 0; index < beginning.length; index++) {
      if (this.#piece[index] !== beginning[index]) throw this.#bad("another status");
    }
  }

  /** Looks at the first reply, as all are to be. */
  #learn(total: number): void {
    const text = Buffer.from(this.#piece.subarray(0, Math.min(total, 4096))).toString("latin1");
    const head = text.indexOf("\r\n\r\n") + 4;
    // Of a long reply the buffer has the end by now.
    if (total <= PIECE_BYTES) {
      const status = STATUS.exec(text);
      if (status === null || head < 4) throw this.#bad(`no status 200 in ${text}`);
      if (total - head !== this.#load.reply) {
        throw this.#bad(`${total - head} bytes of body, not ${this.#load.reply}: ${text}`);
      }
      this.#beginning = this.#piece.slice(0, status[0].length);
    } else if (total < this.#load.reply) {
      throw this.#bad(`${total} bytes in all, not over ${this.#load.reply}`);
    }
    this.#expected = total;
  }

  #bad(what: string): Error {
    return new Error(`A bad reply at ${JSON.stringify(this.#load.place)}: ${what}`);
  }
}

/** Keeps so many connections open, each replaced when its reply has come. */
export function generate(load: Load): Loaded {
  const exchange = new Exchange(load);
  const { concurrency, milliseconds } = load;
  const fds = new Int32Array(concurrency).fill(-1);
  const sent = new Float64Array(concurrency);
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  const deadline = start + milliseconds;
  let begun = 0;
  let now = start;
  for (let open = 0, index = 0; open > 0 || begun === 0; index = (index + 1) % concurrency) {
    if (fds[index]! >= 0) {
      exchange.finish(fds[index]!);
      fds[index] = -1;
      open -= 1;
      now = performance.now();
      const bucket = bucketOf((now - sent[index]!) * 1000);
      latencies[bucket] = (latencies[bucket] ?? 0) + 1;
    }
    if (begun < load.requests && (begun === 0 || now < deadline)) {
      if (load.rate !== undefined) now = sleepUntil(start + begun * 1000 / load.rate);
      sent[index] = now;
      fds[index] = exchange.begin();
      begun += 1;
      open += 1;
      if (begun < concurrency) now = performance.now();
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  return {
    requests: begun,
    seconds: (performance.now() - start) / 1000,
    cpuMicroseconds: user + system,
    latencies: Array.from(latencies, (count) => count ?? 0),
  };
}

/** Sleeps until a time has come, and gives the time. */
function sleepUntil(time: number): number {
  const left = time - performance.now();
  if (left > 0) libc.usleep(Math.ceil(left * 1000));
  return performance.now();
}

/** Opens connections that send nothing; gives what closes them. */
export function hold(place: Place, count: number): () => void {
  const opener = new Opener(place);
  const fds = Array.from({ length: count }, () => opener.open());
  const failed = fds.filter((fd) => fd < 0).length;
  const close = () => fds.forEach((fd) => fd >= 0 && libc.close(fd));
  if (failed === 0) return close;
  close();
  throw new Error(`${failed} of ${count} connections failed`);
}

/** Waits until a server answers one request. Nothing else happens in this process meanwhile. */
export function untilAnswered(load: Load, milliseconds: number): void {
  const opener = new Opener(load.place);
  const deadline = performance.now() + milliseconds;
  while (!opener.answers()) {
    if (performance.now() > deadline) throw new Error("The server does not answer");
    libc.usleep(200);
  }
  generate({ ...load, concurrency: 1, requests: 1 });
}
