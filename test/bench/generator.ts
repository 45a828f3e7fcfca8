/**
 * Sends requests by the C library's own calls: one connection each, as web servers do. A socket of
 * Bun costs twice as much CPU time as the whole loop here.
 *
 * @module
 */

import { type Pointer, ptr } from "bun:ffi";
import type { Place } from "./bare-shape.ts";
import { bucketOf } from "./latency.ts";
import { libc, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_WAITALL, Opener } from "./opener.ts";
import { ReplyCheck } from "./reply-check.ts";

const PIECE_BYTES = 262_144;
/** What a server takes in any case, though nothing of its reply is read. */
const UNREAD_BYTES = 65_536;
const POLLIN = 1;
const POLLOUT = 4;

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
  readonly #reply: ReplyCheck;
  readonly #first: Uint8Array;
  readonly #next: Uint8Array;
  readonly #piece = new Uint8Array(PIECE_BYTES);
  readonly #pointers: { first: Pointer; next: Pointer; piece: Pointer };
  /** Bytes of the body that a request begins with, and those that follow at once. */
  readonly #begun: number;
  readonly #following: number;
  /** Bytes that a server takes only while its reply is read: an echo. */
  readonly #late: number;

  constructor(load: Load) {
    const { upload, reply } = load;
    this.#load = load;
    this.#opener = new Opener(load.place);
    this.#reply = new ReplyCheck(reply);
    const isEcho = upload > PIECE_BYTES && reply > PIECE_BYTES;
    this.#begun = Math.min(upload, isEcho ? UNREAD_BYTES : PIECE_BYTES);
    this.#following = isEcho ? 0 : upload - this.#begun;
    this.#late = upload - this.#begun - this.#following;
    this.#next = new Uint8Array(Math.max(1, Math.min(upload, PIECE_BYTES))).fill(121);
    this.#first = Buffer.concat([
      Buffer.from(load.head, "latin1"),
      this.#next.subarray(0, this.#begun),
    ]);
    this.#pointers = { first: ptr(this.#first), next: ptr(this.#next), piece: ptr(this.#piece) };
  }

  /** Sends a request; gives its file descriptor. */
  begin(): number {
    const fd = this.#opener.open();
    if (fd < 0) throw new Error("connect() failed");
    this.#send(fd, this.#pointers.first, this.#first.length);
    for (let left = this.#following; left > 0;) {
      const length = Math.min(left, PIECE_BYTES);
      this.#send(fd, this.#pointers.next, length);
      left -= length;
    }
    return fd;
  }

  /** Waits for its reply, and throws where that is another than expected. */
  finish(fd: number): void {
    try {
      if (this.#late > 0) this.#exchange(fd);
      let count: number;
      do {
        count = Number(libc.recv(fd, this.#pointers.piece, PIECE_BYTES, MSG_WAITALL));
        if (count > 0) this.#reply.push(this.#piece, count);
        // Where all was waited for, less than that is the end.
      } while (count === PIECE_BYTES);
      libc.close(fd);
      this.#reply.end();
    } catch (error) {
      const place = JSON.stringify(this.#load.place);
      throw new Error(`A bad reply at ${place}: ${(error as Error).message}`);
    }
  }

  /** Sends the rest of a request whenever the server takes some, and reads what has come meanwhile. */
  #exchange(fd: number): void {
    const asked = new Int32Array([fd, 0]);
    const events = new Int16Array(asked.buffer);
    for (let left = this.#late; left > 0;) {
      events[2] = POLLIN | POLLOUT;
      libc.poll(ptr(asked), 1, -1);
      if (events[3]! & POLLIN) {
        const count = Number(libc.recv(fd, this.#pointers.piece, PIECE_BYTES, MSG_DONTWAIT));
        if (count <= 0) throw new Error(`It ended, and ${left} bytes were not sent`);
        this.#reply.push(this.#piece, count);
      }
      if (events[3]! & POLLOUT) {
        const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
        const length = Math.min(left, UNREAD_BYTES);
        left -= Math.max(0, Number(libc.send(fd, this.#pointers.next, length, flags)));
      }
    }
  }

  #send(fd: number, pointer: Pointer, length: number): void {
    if (Number(libc.send(fd, pointer, length, MSG_NOSIGNAL)) !== length) {
      throw new Error("send() failed: the server has closed the connection");
    }
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
