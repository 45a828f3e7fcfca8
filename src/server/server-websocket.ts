/**
 * The socket that the handlers of a `websocket` object are given.
 *
 * @see https://bun.com/reference/bun/ServerWebSocket
 * @module
 */

import type { BinaryKind, HandledSocket } from "./handled-socket.ts";
import {
  type Message,
  missingArguments,
  need,
  readBinary,
  readCompress,
  readMessage,
  readPayload,
  readText,
  readTopic,
  wrongArgument,
} from "./socket-message.ts";

const KINDS: Readonly<Record<string, BinaryKind>> = {
  nodebuffer: "nodebuffer",
  arraybuffer: "arraybuffer",
  ArrayBuffer: "arraybuffer",
  uint8array: "uint8array",
  blob: "blob",
};
const OPEN = 1, CLOSED = 3;

/** Reads an argument of a method as a message. */
type Read = (caller: string, data: unknown) => Message;

/** The server's end of a WebSocket, as the handlers see it: the methods read their arguments. */
export class ServerWebSocket {
  readonly #socket: HandledSocket;
  #data: unknown;
  readonly #remoteAddress: string;

  /** @param remoteAddress The IP address of the client; empty where it is unknown. */
  constructor(socket: HandledSocket, data: unknown, remoteAddress: string) {
    this.#socket = socket;
    this.#data = data;
    this.#remoteAddress = remoteAddress;
  }

  /** The `data` that was given to `upgrade`; the handlers may change it. */
  get data(): unknown {
    return this.#data;
  }

  set data(value: unknown) {
    this.#data = value;
  }

  /** 1 while the socket is open, then 3. */
  get readyState(): number {
    return this.#socket.closed ? CLOSED : OPEN;
  }

  /** The IP address of the client, as the web server tells it. */
  get remoteAddress(): string {
    return this.#remoteAddress;
  }

  /** The topics of the socket. */
  get subscriptions(): string[] {
    return this.#socket.topics.names;
  }

  /** The class of binary messages: `nodebuffer` unless set. */
  get binaryType(): BinaryKind {
    return this.#socket.kind;
  }

  set binaryType(kind: BinaryKind) {
    if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) {
      throw new Error(
        'binaryType must be either "uint8array", "arraybuffer", "nodebuffer" or "blob"',
      );
    }
    this.#socket.kind = KINDS[kind]!;
  }

  /** Whether `pause` holds the client back. */
  get isPaused(): boolean {
    return this.#socket.paused;
  }

  /**
   * Sends a message: bytes as binary, anything else as text.
   *
   * @param _compress Whether to compress it, where that was negotiated. False unless set.
   * @returns the number of its bytes; -1 where some wait for the client to take them, and `drain`
   * follows; 0 where it was dropped: the socket is closed, or over its `backpressureLimit`.
   */
  send(...args: [data?: unknown, _compress?: boolean]): number {
    return this.#send("send", readMessage, args);
  }

  /** Sends a text message; returns as {@linkcode send}. */
  sendText(...args: [data?: unknown, _compress?: boolean]): number {
    return this.#send("sendText", readText, args);
  }

  /** Sends a binary message; returns as {@linkcode send}. */
  sendBinary(...args: [data?: unknown, _compress?: boolean]): number {
    return this.#send("sendBinary", readBinary, args);
  }

  /** Sends a ping; returns as {@linkcode send}. */
  ping(...[data]: [data?: unknown]): number {
    return this.#socket.control("ping", readPayload("ping", data));
  }

  /** Sends a pong; returns as {@linkcode send}. */
  pong(...[data]: [data?: unknown]): number {
    return this.#socket.control("pong", readPayload("pong", data));
  }

  /**
   * Sends a message to the other sockets of this process that subscribe to a topic; with
   * `publishToSelf`, to this one as well. Sockets of other workers are not reached.
   *
   * @returns the number of its bytes; 0 where no socket has the topic, or this one is closed.
   */
  publish(...args: [topic?: unknown, data?: unknown, _compress?: boolean]): number {
    return this.#publish("publish", readMessage, args);
  }

  /** Publishes a text message, as {@linkcode publish} does. */
  publishText(...args: [topic?: unknown, data?: unknown, _compress?: boolean]): number {
    return this.#publish("publishText", readText, args);
  }

  /** Publishes a binary message, as {@linkcode publish} does. */
  publishBinary(...args: [topic?: unknown, data?: unknown, _compress?: boolean]): number {
    return this.#publish("publishBinary", readBinary, args);
  }

  /** Subscribes to a topic. Returns false where the socket is closed. */
  subscribe(...args: [topic?: unknown]): boolean {
    need("subscribe", 1, args);
    const topic = readTopic("subscribe", args[0]);
    if (this.#socket.closed) return false;
    this.#socket.topics.add(topic);
    return true;
  }

  /** Ends a subscription. Returns whether the socket had it. */
  unsubscribe(...args: [topic?: unknown]): boolean {
    need("unsubscribe", 1, args);
    const topic = readTopic("unsubscribe", args[0]);
    return this.#socket.topics.delete(topic);
  }

  /** Whether the socket subscribes to a topic. */
  isSubscribed(...args: [topic?: unknown]): boolean {
    need("isSubscribed", 1, args);
    return this.#socket.topics.has(readTopic("isSubscribed", args[0]));
  }

  /** Calls a function whose messages are sent together. Returns its result. */
  cork<T>(...args: [callback?: (socket: this) => T]): T {
    const [callback] = args;
    if (args.length === 0) throw missingArguments("cork", 1, 0);
    if (typeof callback !== "function") {
      throw wrongArgument(
        `The "callback" argument must be of type function. Received type ${typeof callback} ` +
          `(${callback})`,
      );
    }
    return this.#socket.corked(() => callback(this));
  }

  /** Number of bytes that wait for the client to take them. */
  getBufferedAmount(): number {
    return this.#socket.unsent;
  }

  /** Lets the client wait with what it sends. */
  pause(): void {
    this.#socket.hold(true);
  }

  /** Takes what the client sends again, after `pause`. */
  resume(): void {
    this.#socket.hold(false);
  }

  /** Sends a close frame, and closes the socket: `close` is called before this method returns. */
  close(...[code, reason]: [code?: number, reason?: string]): void {
    if (code !== undefined && typeof code !== "number") {
      throw wrongArgument("close requires a numeric code or undefined");
    }
    this.#socket.shut(code ?? 1000, reason === undefined ? "" : String(reason));
  }

  /** Closes the connection without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  get [Symbol.toStringTag](): string {
    return "ServerWebSocket";
  }

  #send(caller: string, read: Read, args: readonly unknown[]): number {
    need(caller, 1, args);
    return this.#socket.send(read(caller, args[0]), readCompress(caller, args[1]));
  }

  #publish(caller: string, read: Read, args: readonly unknown[]): number {
    need(caller, 1, args);
    const topic = readTopic(caller, args[0]);
    const message = read(caller, args[1]);
    const compress = readCompress(caller, args[2]);
    const { closed, topics } = this.#socket;
    return closed ? 0 : topics.publish(topic, message, compress);
  }
}

// A socket shows its methods and values as those of an object that a runtime makes.
for (const key of Object.getOwnPropertyNames(ServerWebSocket.prototype)) {
  if (key !== "constructor") {
    Object.defineProperty(ServerWebSocket.prototype, key, { enumerable: true });
  }
}
