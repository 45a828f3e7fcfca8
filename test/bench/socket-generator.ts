/** The clients of WebSockets: blocking sockets of the C library, which send frames made before. */

import { ptr } from "bun:ffi";
import type { Place } from "./bare-shape.ts";
import { type Messages, timed } from "./messages.ts";
import { libc, MSG_NOSIGNAL, MSG_WAITALL, Opener, sendAtOnce } from "./opener.ts";

/** What sockets are opened for. */
export interface SocketLoad {
  readonly kind: "echo" | "broadcast" | "idle";
  readonly connections: number;
  /** Bytes of a message. */
  readonly bytes: number;
  readonly text: boolean;
}

const FIN = 0x80, TEXT = 1, BINARY = 2, MASK = 0x80;
const KEY = [0x37, 0xfa, 0x21, 0x3d];

/** Sockets that are open to one server. */
export class Sockets {
  readonly #load: SocketLoad;
  readonly #fds: number[] = [];
  /** Sends what is published. */
  #publisher = -1;
  readonly #sent: Uint8Array;
  readonly #expected: Uint8Array;
  readonly #received: Uint8Array;

  /** Opens them. */
  constructor(place: Place, load: SocketLoad) {
    this.#load = load;
    this.#sent = frame(load, true);
    this.#expected = frame(load, false);
    this.#received = new Uint8Array(this.#expected.length);
    const opener = new Opener(place);
    const path = load.kind === "broadcast" ? "/room" : "/echo";
    for (let index = 0; index < load.connections; index++) this.#fds.push(open(opener, path));
    if (load.kind === "broadcast") this.#publisher = open(opener, "/publisher");
  }

  /** Exchanges messages: an echo at a time on each socket, or a broadcast at a time. */
  use(milliseconds: number): Messages {
    const broadcasts = this.#load.kind === "broadcast";
    return timed(
      milliseconds,
      (deadline) => broadcasts ? this.#broadcast(deadline) : this.#echo(deadline),
    );
  }

  /** Closes them. */
  close(): void {
    for (const fd of this.#fds) libc.close(fd);
    if (this.#publisher >= 0) libc.close(this.#publisher);
  }

  #echo(deadline: number): number {
    let messages = 0;
    for (const fd of this.#fds) this.#send(fd);
    while (performance.now() < deadline) {
      for (const fd of this.#fds) {
        this.#receive(fd);
        this.#send(fd);
      }
      messages += this.#fds.length;
    }
    for (const fd of this.#fds) this.#receive(fd);
    return messages + this.#fds.length;
  }

  #broadcast(deadline: number): number {
    let messages = 0;
    do {
      this.#send(this.#publisher);
      for (const fd of this.#fds) this.#receive(fd);
      messages += this.#fds.length;
    } while (performance.now() < deadline);
    return messages;
  }

  #send(fd: number): void {
    const { length } = this.#sent;
    if (Number(libc.send(fd, ptr(this.#sent), length, MSG_NOSIGNAL)) !== length) {
      throw new Error("send() failed: the server has closed the socket");
    }
  }

  /** Waits for a message, and compares its beginning and its end. */
  #receive(fd: number): void {
    const [received, expected] = [this.#received, this.#expected];
    const { length } = expected;
    const count = Number(libc.recv(fd, ptr(received), length, MSG_WAITALL));
    if (count !== length) throw new Error(`A message ended after ${count} of ${length} bytes`);
    for (let index = 0; index < 4; index++) {
      const last = length - 1 - index;
      if (received[index] !== expected[index] || received[last] !== expected[last]) {
        throw new Error(`Another message than expected: ${received.subarray(0, 64)}`);
      }
    }
  }
}

/** A message in one frame; a client masks it. */
function frame({ bytes, text }: SocketLoad, masked: boolean): Uint8Array {
  const mask = masked ? MASK : 0;
  const head = [FIN | (text ? TEXT : BINARY)];
  if (bytes < 126) head.push(mask | bytes);
  else if (bytes < 65536) head.push(mask | 126, bytes >> 8, bytes & 0xff);
  else head.push(mask | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((bits) => bytes >> bits & 0xff));
  if (masked) head.push(...KEY);
  const whole = new Uint8Array(head.length + bytes);
  whole.set(head);
  for (let index = 0; index < bytes; index++) {
    const byte = 97 + index % 26;
    whole[head.length + index] = masked ? byte ^ KEY[index & 3]! : byte;
  }
  return whole;
}

/** A socket after its handshake. */
function open(opener: Opener, path: string): number {
  const fd = opener.open();
  if (fd < 0) throw new Error("connect() failed");
  sendAtOnce(fd);
  const request = Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  libc.send(fd, ptr(request), request.length, MSG_NOSIGNAL);
  const byte = new Uint8Array(1);
  let head = "";
  // A byte at a time: what follows the head is a frame.
  while (!head.endsWith("\r\n\r\n")) {
    if (Number(libc.recv(fd, ptr(byte), 1, 0)) !== 1) throw new Error(`No reply: ${head}`);
    head += String.fromCharCode(byte[0]!);
  }
  if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`No WebSocket: ${head}`);
  return fd;
}
