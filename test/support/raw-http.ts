/** An HTTP/1.1 client that sends exact bytes and sees how a reply ends. */

import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A reply as it came. */
export interface RawReply {
  status: number;
  /** The text after the status. */
  reason: string;
  /** Names in lower case, in the order they came. */
  headers: [name: string, value: string][];
  /** What arrived of the body, chunked framing taken off. */
  body: string;
  /** Whether the body came to its declared end. */
  complete: boolean;
}

/** A connection to a port of 127.0.0.1 and everything that came back over it. */
export class RawConnection {
  /** Received so far, one character a byte. */
  received = "";
  /** Resolves when the peer's kernel has the connection, or it has failed. */
  readonly connected: Promise<void>;
  /** Resolves when the peer has closed or reset the connection. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (bytes: Uint8Array) => {
      this.received += Buffer.from(bytes).toString("latin1");
    });
    this.#socket.on("error", () => {});
    this.closed = new Promise((resolve) => this.#socket.on("close", () => resolve()));
    const connected = new Promise<void>((resolve) => this.#socket.on("connect", resolve));
    this.connected = Promise.race([connected, this.closed]);
  }

  /** Sends bytes and waits until the kernel took them or the connection ended. */
  async send(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    await Promise.race([
      new Promise<void>((resolve) => this.#socket.write(data, () => resolve())),
      this.closed,
    ]);
  }

  /** Waits until the text has arrived; throws when the connection ends or ten seconds pass. */
  async until(text: string): Promise<void> {
    let closed = false;
    this.closed.then(() => (closed = true));
    const deadline = Date.now() + 10_000;
    while (!this.received.includes(text)) {
      if (closed || Date.now() > deadline) throw new Error(`No ${text} in: ${this.received}`);
      await sleep(5);
    }
  }

  /** Ends its own side and goes on reading. Resolves when the end has left. */
  async end(): Promise<void> {
    await Promise.race([
      new Promise<void>((resolve) => this.#socket.end(() => resolve())),
      this.closed,
    ]);
  }

  /** Reads nothing until {@linkcode resume}. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Number of bytes that the kernel has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  /** Leaves with a reset, as a program does that ends with something unread. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Leaves, as a browser does whose tab is closed. Resolves when it has left. */
  leave(): Promise<void> {
    this.#socket.destroy();
    return this.closed;
  }
}

/** Sends one request with `Connection: close` in it and returns the reply. */
export async function exchange(
  port: number,
  request: string | Uint8Array,
): Promise<RawReply> {
  const connection = new RawConnection(port);
  await connection.send(request);
  await connection.closed;
  return parseReply(connection.received);
}

/** Takes apart everything that one connection brought. */
export function parseReply(received: string): RawReply {
  const [head = "", ...rest] = received.split("\r\n\r\n");
  const payload = rest.join("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const [, code, ...words] = statusLine.split(" ");
  const [status, reason] = [Number(code), words.join(" ")];
  const field = new Map(headers);
  if (field.get("transfer-encoding") === "chunked") {
    return { status, reason, headers, ...dechunked(payload) };
  }
  const length = field.get("content-length");
  const complete = length === undefined || payload.length === Number(length);
  return { status, reason, headers, body: payload, complete };
}

function dechunked(payload: string): { body: string; complete: boolean } {
  let body = "";
  let rest = payload;
  while (true) {
    const line = /^([0-9a-f]+)\r\n/i.exec(rest);
    if (line === null) return { body, complete: false };
    const size = parseInt(line[1]!, 16);
    const chunk = rest.slice(line[0].length, line[0].length + size);
    if (size === 0 || chunk.length < size) return { body: body + chunk, complete: size === 0 };
    body += chunk;
    rest = rest.slice(line[0].length + size + 2);
  }
}
