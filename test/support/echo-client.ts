/** A light client of an app that echoes texts, of which a process may have thousands. */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { masked, readFrames, TEXT } from "./frames.ts";

const HEAD_END = "\r\n\r\n";

/** A WebSocket whose echoes are told one by one. */
export class EchoClient implements Disposable {
  /** Called with each text that comes. */
  onText: (text: string) => void = () => {};
  /** Resolves when it is closed, whoever does so. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  /** Bytes that are no whole frame yet. */
  #rest: Buffer = Buffer.alloc(0);
  #open = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.on("close", () => resolve()));
  }

  /** Opens a socket at a port of 127.0.0.1. */
  static open(port: number, target: string): Promise<EchoClient> {
    const socket = connect(port, "127.0.0.1");
    const client = new EchoClient(socket);
    socket.write([
      `GET ${target} HTTP/1.1`,
      "Host: localhost",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      HEAD_END.slice(2),
    ].join("\r\n"));
    return new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("end", () => reject(new Error(`The server ended: ${client.#rest}`)));
      socket.on("data", (bytes: Buffer) => client.#take(bytes, () => resolve(client)));
    });
  }

  /** Sends texts in one write. */
  send(...texts: string[]): void {
    this.#socket.write(Buffer.concat(texts.map((text) => masked(TEXT, text))));
  }

  /** Sends a text, and resolves with the next that comes. */
  echo(text: string): Promise<string> {
    return new Promise((resolve) => {
      this.onText = resolve;
      this.send(text);
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer, opened: () => void): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (!this.#open) {
      const at = this.#rest.indexOf(HEAD_END);
      if (at < 0) return;
      if (!this.#rest.toString("latin1").startsWith("HTTP/1.1 101 ")) return;
      this.#open = true;
      this.#rest = this.#rest.subarray(at + HEAD_END.length);
      opened();
    }
    const frames = readFrames(this.#rest);
    for (const { opcode, payload } of frames) {
      if (opcode === TEXT) this.onText(payload.toString());
    }
    const last = frames.at(-1)?.payload;
    if (last === undefined) return;
    const end = last.byteOffset + last.length - this.#rest.byteOffset;
    this.#rest = this.#rest.subarray(end);
  }
}

/** Opens sockets, no more at a time than may wait to be accepted. */
export async function openMany(
  port: number,
  count: number,
  target: (index: number) => string,
): Promise<EchoClient[]> {
  const clients: EchoClient[] = [];
  while (clients.length < count) {
    const wave = Math.min(200, count - clients.length);
    const opening = Array.from(
      { length: wave },
      (_, index) => EchoClient.open(port, target(clients.length + index)),
    );
    clients.push(...await Promise.all(opening));
  }
  return clients;
}
