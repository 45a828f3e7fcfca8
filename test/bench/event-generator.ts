/** The clients of an event stream: all wait for each event, and another request publishes it. */

import { ptr } from "bun:ffi";
import type { Place } from "./bare-shape.ts";
import { type Messages, timed } from "./messages.ts";
import { libc, MSG_NOSIGNAL, MSG_WAITALL, Opener } from "./opener.ts";
import { EVENT, OPENING } from "./scenarios.ts";

/** What event streams are opened for. */
export interface EventLoad {
  readonly connections: number;
  /** The heads of the requests that listen and publish, one code unit a byte. */
  readonly listen: string;
  readonly publish: string;
}

const STATUS = /^(?:Status:|HTTP\/1\.1) 200 /;

/** Event streams that are open to one server. */
export class EventStreams {
  readonly #opener: Opener;
  readonly #publish: Uint8Array;
  readonly #fds: number[];
  readonly #buffer = new Uint8Array(4096);
  /** An event as it comes, in a chunk of its own where the reply is chunked. */
  readonly #event: Uint8Array;
  readonly #received: Uint8Array;

  /** Opens them. */
  constructor(place: Place, { connections, listen, publish }: EventLoad) {
    this.#opener = new Opener(place);
    this.#publish = Buffer.from(publish, "latin1");
    const request = Buffer.from(listen, "latin1");
    let head = "";
    this.#fds = Array.from({ length: connections }, () => {
      const fd = this.#send(request);
      head = this.#readUntil(fd, (text) => text.trimEnd().endsWith(OPENING.trimEnd()));
      return fd;
    });
    const isChunked = /^transfer-encoding: chunked\r$/im.test(head);
    const size = EVENT.length.toString(16);
    this.#event = Buffer.from(isChunked ? `${size}\r\n${EVENT}\r\n` : EVENT);
    this.#received = new Uint8Array(this.#event.length);
  }

  /** Has one event after the other published, each when all have the one before. */
  use(milliseconds: number): Messages {
    return timed(milliseconds, (deadline) => {
      let messages = 0;
      do {
        const fd = this.#send(this.#publish);
        for (const fd of this.#fds) this.#receive(fd);
        this.#readUntil(fd, () => false);
        libc.close(fd);
        messages += this.#fds.length;
      } while (performance.now() < deadline);
      return messages;
    });
  }

  /** Closes them. */
  close(): void {
    for (const fd of this.#fds) libc.close(fd);
  }

  #send(request: Uint8Array): number {
    const fd = this.#opener.open();
    if (fd < 0) throw new Error("connect() failed");
    libc.send(fd, ptr(request), request.length, MSG_NOSIGNAL);
    return fd;
  }

  /** Reads a reply until it ends or is as far as asked. */
  #readUntil(fd: number, reached: (text: string) => boolean): string {
    let text = "";
    do {
      const count = Number(libc.recv(fd, ptr(this.#buffer), this.#buffer.length, 0));
      if (count <= 0) break;
      text += Buffer.from(this.#buffer.buffer, 0, count).toString("latin1");
    } while (!reached(text));
    if (!STATUS.test(text)) throw new Error(`No status 200 in ${text}`);
    return text;
  }

  /** Waits for an event, and compares it. */
  #receive(fd: number): void {
    const [received, { length }] = [this.#received, this.#event];
    const count = Number(libc.recv(fd, ptr(received), length, MSG_WAITALL));
    if (count !== length || !Buffer.from(received.buffer).equals(this.#event)) {
      throw new Error(`Another event than expected: ${Buffer.from(received).toString()}`);
    }
  }
}
