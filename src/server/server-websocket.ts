/**
 * The socket that the handlers of a `websocket` object are given.
 *
 * @see https://bun.com/reference/bun/ServerWebSocket
 * @module
 */

import { Buffer } from "node:buffer";
import { ABNORMAL, type Failure, isCloseCode } from "../websocket/close-code.ts";
import type { SocketGroup, Subscriber } from "./socket-group.ts";
import {
  type Message,
  need,
  readBinary,
  readCompress,
  readMessage,
  readPayload,
  readText,
  readTopic,
  sizeOf,
  wrongArgument,
} from "./socket-message.ts";
import {
  maySendCompressed,
  readBackpressureLimit,
  type SocketHandler,
} from "./websocket-settings.ts";
import type { WebSocketListener, WebSocketTunnel } from "./websocket-tunnel.ts";

/** The class of binary messages. */
export type BinaryKind = "nodebuffer" | "arraybuffer" | "uint8array" | "blob";

type HandlerName = "open" | "message" | "drain" | "close" | "ping" | "pong";

const KINDS: Readonly<Record<string, BinaryKind>> = {
  nodebuffer: "nodebuffer",
  arraybuffer: "arraybuffer",
  ArrayBuffer: "arraybuffer",
  uint8array: "uint8array",
  blob: "blob",
};
const OPEN = 1, CLOSED = 3;
/** So many bytes may wait before an app is told: some runtimes take bytes a moment later. */
const PRESSED_BYTES = 65_536;

/** The server's end of a WebSocket, whose events go to the handlers that all sockets share. */
export class ServerWebSocket implements Subscriber {
  #data: unknown;
  readonly #remoteAddress: string;
  readonly #group: SocketGroup;
  #tunnel!: WebSocketTunnel;
  readonly #topics: Set<string> = new Set();
  #kind: BinaryKind = "nodebuffer";
  #closed = false;
  #paused = false;
  /** Whether the app was told that bytes wait for the client. */
  #pressed = false;
  /** Resolves when the Blobs that were sent have been read. */
  #reading: Promise<void> | undefined;

  /** @param remoteAddress The IP address of the client; empty where it is unknown. */
  constructor(group: SocketGroup, data: unknown, remoteAddress: string) {
    this.#group = group;
    this.#data = data;
    this.#remoteAddress = remoteAddress;
  }

  /** Connects a socket with its tunnel. */
  static connect(this: void, socket: ServerWebSocket, tunnel: WebSocketTunnel): void {
    socket.#tunnel = tunnel;
  }

  /** What the tunnel of a socket calls. */
  static listenerOf(this: void, socket: ServerWebSocket): WebSocketListener {
    let failure: Failure | undefined;
    return {
      open: () => socket.#open(),
      message: (data) => {
        const message = typeof data === "string" ? data : socket.#binary(data);
        socket.#handle("message", true, message);
      },
      ping: (payload) => socket.#handle("ping", true, socket.#binary(copy(payload))),
      pong: (payload) => socket.#handle("pong", true, socket.#binary(copy(payload))),
      drain: () => socket.#drained(),
      timedOut: () => socket.#end(ABNORMAL, "WebSocket timed out from inactivity"),
      error: (error) => void (failure = error),
      close: (code, reason) => socket.#finish(code, failure?.reason ?? reason),
    };
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
    return this.#closed ? CLOSED : OPEN;
  }

  /** The IP address of the client, as the web server tells it. */
  get remoteAddress(): string {
    return this.#remoteAddress;
  }

  /** The topics of the socket. */
  get subscriptions(): string[] {
    return [...this.#topics];
  }

  /** The class of binary messages: `nodebuffer` unless set. */
  get binaryType(): BinaryKind {
    return this.#kind;
  }

  set binaryType(kind: BinaryKind) {
    if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) {
      throw new Error(
        'binaryType must be either "uint8array", "arraybuffer", "nodebuffer" or "blob"',
      );
    }
    this.#kind = KINDS[kind]!;
  }

  /** Whether `pause` holds the client back. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /**
   * Sends a message: bytes as binary, anything else as text.
   *
   * @param _compress Whether to compress it, where that was negotiated. False unless set.
   * @returns the number of its bytes; -1 where some wait for the client to take them, and `drain`
   * follows; 0 where it was dropped: the socket is closed, or over its `backpressureLimit`.
   */
  send(...args: [data?: unknown, _compress?: boolean]): number {
    need("send", 1, args);
    return this.#send(readMessage("send", args[0]), readCompress("send", args[1]));
  }

  /** Sends a text message; returns as {@linkcode send}. */
  sendText(...args: [data?: unknown, _compress?: boolean]): number {
    need("sendText", 1, args);
    return this.#send(readText("sendText", args[0]), readCompress("sendText", args[1]));
  }

  /** Sends a binary message; returns as {@linkcode send}. */
  sendBinary(...args: [data?: unknown, _compress?: boolean]): number {
    need("sendBinary", 1, args);
    return this.#send(readBinary("sendBinary", args[0]), readCompress("sendBinary", args[1]));
  }

  /** Sends a ping; returns as {@linkcode send}. */
  ping(...[data]: [data?: unknown]): number {
    return this.#control("ping", data);
  }

  /** Sends a pong; returns as {@linkcode send}. */
  pong(...[data]: [data?: unknown]): number {
    return this.#control("pong", data);
  }

  /**
   * Sends a message to the other sockets of this process that subscribe to a topic; with
   * `publishToSelf`, to this one as well. Sockets of other workers are not reached.
   *
   * @returns the number of its bytes; 0 where no socket has the topic, or this one is closed.
   */
  publish(...args: [topic?: unknown, data?: unknown, _compress?: boolean]): number {
    need("publish", 1, args);
    const topic = readTopic("publish", args[0]);
    return this.#publish(topic, readMessage("publish", args[1]), readCompress("publish", args[2]));
  }

  /** Publishes a text message, as {@linkcode publish} does. */
  publishText(...args: [topic?: unknown, data?: unknown, _compress?: boolean]): number {
    need("publishText", 1, args);
    const topic = readTopic("publishText", args[0]);
    const text = readText("publishText", args[1]);
    return this.#publish(topic, text, readCompress("publishText", args[2]));
  }

  /** Publishes a binary message, as {@linkcode publish} does. */
  publishBinary(...args: [topic?: unknown, data?: unknown, _compress?: boolean]): number {
    need("publishBinary", 1, args);
    const topic = readTopic("publishBinary", args[0]);
    const bytes = readBinary("publishBinary", args[1]);
    return this.#publish(topic, bytes, readCompress("publishBinary", args[2]));
  }

  /** Subscribes to a topic. Returns false where the socket is closed. */
  subscribe(...args: [topic?: unknown]): boolean {
    need("subscribe", 1, args);
    const topic = readTopic("subscribe", args[0]);
    if (this.#closed) return false;
    this.#topics.add(topic);
    this.#group.subscribe(topic, this);
    return true;
  }

  /** Ends a subscription. Returns whether the socket had it. */
  unsubscribe(...args: [topic?: unknown]): boolean {
    need("unsubscribe", 1, args);
    const topic = readTopic("unsubscribe", args[0]);
    this.#group.unsubscribe(topic, this);
    return this.#topics.delete(topic);
  }

  /** Whether the socket subscribes to a topic. */
  isSubscribed(...args: [topic?: unknown]): boolean {
    need("isSubscribed", 1, args);
    return this.#topics.has(readTopic("isSubscribed", args[0]));
  }

  /** Calls a function whose messages are sent together. Returns its result. */
  cork<T>(...args: [callback?: (socket: this) => T]): T {
    const [callback] = args;
    if (args.length === 0) {
      throw wrongArgument(
        "Not enough arguments to 'cork'. Expected 1, got 0.",
        "ERR_MISSING_ARGS",
      );
    }
    if (typeof callback !== "function") {
      throw wrongArgument(
        `The "callback" argument must be of type function. Received type ${typeof callback} ` +
          `(${callback})`,
      );
    }
    if (this.#closed) return callback(this);
    this.#tunnel.cork();
    try {
      return callback(this);
    } finally {
      this.#tunnel.uncork();
    }
  }

  /** Number of bytes that wait for the client to take them. */
  getBufferedAmount(): number {
    return this.#closed ? 0 : this.#tunnel.unsent;
  }

  /** Lets the client wait with what it sends. */
  pause(): void {
    this.#hold(true);
  }

  /** Takes what the client sends again, after `pause`. */
  resume(): void {
    this.#hold(false);
  }

  /** Sends a close frame, and closes the socket: `close` is called before this method returns. */
  close(...[code, reason]: [code?: number, reason?: string]): void {
    if (code !== undefined && typeof code !== "number") {
      throw wrongArgument("close requires a numeric code or undefined");
    }
    this.#end(code ?? 1000, reason === undefined ? "" : String(reason), true);
  }

  /** Closes the connection without a close frame. */
  terminate(): void {
    this.#end(ABNORMAL, "");
  }

  /** {@inheritDoc Subscriber.deliver} */
  deliver(message: string | Uint8Array, compress: boolean): void {
    this.#send(message, compress);
  }

  get [Symbol.toStringTag](): string {
    return "ServerWebSocket";
  }

  #open(): void {
    const thrown = this.#call("open", true);
    if (thrown === undefined) return;
    // A socket whose `open` fails is closed.
    this.#end(ABNORMAL, "");
    this.#fail(thrown.error);
  }

  #binary(bytes: ArrayBuffer): unknown {
    switch (this.#kind) {
      case "nodebuffer":
        return Buffer.from(bytes);
      case "uint8array":
        return new Uint8Array(bytes);
      case "blob":
        return new Blob([bytes]);
      default:
        return bytes;
    }
  }

  #send(message: Message, compress: boolean): number {
    if (this.#closed) return 0;
    const { settings } = this.#group;
    const limit = readBackpressureLimit(settings);
    if (limit > 0 && this.#tunnel.unsent > limit) {
      if (settings.closeOnBackpressureLimit === true) setTimeout(() => this.#end(ABNORMAL, ""));
      return 0;
    }
    if (this.#reading !== undefined || message instanceof Blob) {
      this.#sendLater(message, compress);
      return sizeOf(message);
    }
    this.#write(message, compress);
    return this.#sent(sizeOf(message));
  }

  /** Sends a message once what was sent before has been read. */
  #sendLater(message: Message, compress: boolean): void {
    // The app may change its bytes meanwhile.
    const kept = message instanceof Uint8Array ? new Uint8Array(message) : message;
    const reading = (this.#reading ?? Promise.resolve())
      .then(async () => {
        const content = kept instanceof Blob ? new Uint8Array(await kept.arrayBuffer()) : kept;
        if (!this.#closed) this.#write(content, compress);
      })
      .catch((error) => this.#fail(error))
      .then(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    this.#reading = reading;
  }

  #write(message: string | Uint8Array, compress: boolean): void {
    const { endpoint } = this.#tunnel;
    const compressed = compress && maySendCompressed(this.#group.settings);
    if (typeof message === "string") endpoint?.sendText(message, compressed);
    else endpoint?.sendBinary(message, compressed);
  }

  #control(name: "ping" | "pong", data: unknown): number {
    const payload = readPayload(name, data);
    if (this.#closed) return 0;
    this.#tunnel.endpoint?.[name](payload);
    return this.#sent(payload.length);
  }

  /** The result of a method that sends, for a number of bytes. */
  #sent(size: number): number {
    if (this.#tunnel.unsent <= PRESSED_BYTES) return size;
    this.#pressed = true;
    return -1;
  }

  #drained(): void {
    if (!this.#pressed) return;
    this.#pressed = false;
    this.#handle("drain", true);
  }

  #publish(topic: string, message: Message, compress: boolean): number {
    if (this.#closed) return 0;
    const group = this.#group;
    const except = group.settings.publishToSelf === true ? undefined : this;
    if (message instanceof Blob) {
      void message.arrayBuffer().then((bytes) =>
        group.publish(topic, new Uint8Array(bytes), compress, except)
      );
      return message.size;
    }
    return group.publish(topic, message, compress, except) ? sizeOf(message) : 0;
  }

  #hold(paused: boolean): void {
    if (this.#closed) return;
    this.#paused = paused;
    this.#tunnel.hold(paused);
  }

  /** Closes the socket, and then the connection. */
  #end(code: number, reason: string, byFrame = false): void {
    if (this.#closed) return;
    this.#closed = true;
    if (byFrame) this.#tunnel.shut(isCloseCode(code) ? code : undefined, reason);
    this.#leave(code, reason);
    this.#tunnel.terminate(!byFrame);
  }

  #finish(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave(code, reason);
  }

  #leave(code: number, reason: string): void {
    const group = this.#group;
    for (const topic of this.#topics) group.unsubscribe(topic, this);
    this.#topics.clear();
    this.#handle("close", false, code, reason);
    group.members.delete(this);
  }

  #handle(name: HandlerName, corked: boolean, ...args: unknown[]): void {
    const thrown = this.#call(name, corked, ...args);
    if (thrown !== undefined) this.#fail(thrown.error);
  }

  /** Calls a handler. Returns what it throws. */
  #call(name: HandlerName, corked: boolean, ...args: unknown[]): { error: unknown } | undefined {
    const handler = this.#group.settings[name];
    if (typeof handler !== "function") return undefined;
    if (corked) this.#tunnel.cork();
    try {
      (handler as SocketHandler & ((...args: unknown[]) => unknown)).call(
        this.#group.settings,
        this,
        ...args,
      );
    } catch (error) {
      return { error };
    } finally {
      if (corked) this.#tunnel.uncork();
    }
    return undefined;
  }

  #fail(thrown: unknown): void {
    const { error } = this.#group.settings;
    if (typeof error !== "function") return this.#group.report(thrown);
    try {
      (error as (...args: unknown[]) => unknown)(thrown, this);
    } catch (second) {
      this.#group.report(second);
    }
  }
}

// A socket shows its methods and values as those of an object that a runtime makes.
for (const key of Object.getOwnPropertyNames(ServerWebSocket.prototype)) {
  if (key !== "constructor" && key !== "deliver") {
    Object.defineProperty(ServerWebSocket.prototype, key, { enumerable: true });
  }
}

function copy(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
