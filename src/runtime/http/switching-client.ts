/**
 * An HTTP client that asks for a WebSocket: its connection until the answer, and as a tunnel.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
 * @module
 */

import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type net from "node:net";
import { Relay } from "../../transport/relay.ts";
import type { Socket, SocketEvents } from "../../transport/socket.ts";
import { adopt } from "../sockets/node-socket.ts";

/** The client has to wait while so many of its bytes wait for the answer, in number. */
const HELD_BYTES = 65536;

/**
 * Whether a request asks for a WebSocket. Any other upgrade is not made: clients send `h2c` with every
 * kind of request, and expect an ordinary response.
 */
export function asksForWebSocket({ method, httpVersion, headers }: IncomingMessage): boolean {
  const { upgrade, "content-length": length = "0", "transfer-encoding": coding } = headers;
  return method === "GET" && httpVersion === "1.1" && length === "0" && coding === undefined &&
    /(?:^|,)[\t ]*websocket[\t ]*(?:,|$)/i.test(upgrade ?? "");
}

/**
 * The bytes of a request, for a server to read it anew: without its `Upgrade`, and with the bytes
 * behind its head.
 */
export function withoutUpgrade(
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  rest: Uint8Array,
): Uint8Array {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.toLowerCase() !== "upgrade") head += `${name}: ${rawHeaders[index + 1]}\r\n`;
  }
  return Buffer.concat([Buffer.from(`${head}\r\n`, "latin1"), rest]);
}

/** The connection of a client that asks for a WebSocket. */
export class SwitchingClient implements SocketEvents {
  /** Resolves at the end of the tunnel. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #left: () => void;
  #resolve!: () => void;
  /** The bytes that came before the answer; undefined after it. */
  #held: Uint8Array[] | undefined = [];
  #heldBytes = 0;
  #relay: Relay | undefined;
  #server: Relay | undefined;

  /**
   * @param first The bytes that came with the request.
   * @param left Called when the client disconnects before the answer.
   */
  constructor(native: net.Socket, first: Uint8Array, left: () => void) {
    this.#left = left;
    this.closed = new Promise((resolve) => this.#resolve = resolve);
    // An earlier request of the connection may have left a time limit.
    native.setTimeout(0);
    this.#socket = adopt(native, this);
    if (first.length > 0) this.data(first);
  }

  /** Whether the connection is a tunnel. */
  get switched(): boolean {
    return this.#relay !== undefined;
  }

  /** Number of bytes that the tunnel has carried to the client. */
  get sent(): number {
    return this.#server?.received ?? 0;
  }

  /** Answers with 101, and joins the connection to a server's socket, whose events it returns. */
  switch({ headers }: Response, server: Socket): SocketEvents {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    headers.forEach((value, name) => head += `${name}: ${value}\r\n`);
    this.#socket.write(Buffer.from(`${head}\r\n`, "latin1"));
    const relay = this.#relay = new Relay(this.#socket);
    this.#server = new Relay(server);
    Relay.join(relay, this.#server);
    for (const bytes of this.#held ?? []) relay.data(bytes);
    this.#held = undefined;
    this.#socket.read("flow");
    return this.#server;
  }

  /** Drops further bytes: the answer is another response. Returns false after an earlier call. */
  refuse(): boolean {
    if (this.#held === undefined) return false;
    this.#held = undefined;
    this.#socket.read("flow");
    return true;
  }

  /** Closes the tunnel both ways, once all bytes that came are sent. */
  stop(): void {
    this.#relay?.stop();
  }

  data(bytes: Uint8Array): boolean {
    if (this.#relay !== undefined) return this.#relay.data(bytes);
    if (this.#held === undefined) return false;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= HELD_BYTES) this.#socket.read("pause");
    return true;
  }

  end(): void {
    if (this.#relay !== undefined) this.#relay.end();
    else if (this.#held !== undefined) this.#leave();
  }

  drain(): void {
    this.#relay?.drain();
  }

  close(error?: unknown): void {
    if (this.#relay !== undefined) this.#relay.close(error);
    else this.#leave();
    this.#resolve();
  }

  #leave(): void {
    this.#held = undefined;
    this.#left();
    this.#socket.end();
  }
}
