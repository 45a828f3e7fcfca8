/**
 * A WebSocket whose events go to the handlers that all sockets of a server share.
 *
 * @see https://bun.com/docs/runtime/http/websockets
 * @module
 */

import { Buffer } from "node:buffer";
import { ABNORMAL, type Failure, isCloseCode } from "../websocket/close-code.ts";
import { payloadLength } from "../websocket/frame.ts";
import type { PreparedMessage } from "../websocket/prepared-message.ts";
import { SendOrder } from "./send-order.ts";
import type { SocketGroup, Subscriber } from "./socket-group.ts";
import { type Message, sizeOf } from "./socket-message.ts";
import { Subscriptions } from "./subscriptions.ts";
import {
  maySendCompressed,
  readBackpressureLimit,
  type SocketHandler,
} from "./websocket-settings.ts";
import type { WebSocketListener, WebSocketTunnel } from "./websocket-tunnel.ts";

/** The class of binary messages. */
export type BinaryKind = "nodebuffer" | "arraybuffer" | "uint8array" | "blob";

type HandlerName = "open" | "message" | "drain" | "close" | "ping" | "pong";

/** So many bytes may wait before an app is told: some runtimes take bytes a moment later. */
const PRESSED_BYTES = 65_536;

/** The socket behind a `ServerWebSocket`: its state, what it sends, and the calls of the handlers. */
export class HandledSocket implements Subscriber, WebSocketListener {
  /** The object that the handlers get. */
  shown: object | undefined;
  /** Set before the socket opens. */
  tunnel!: WebSocketTunnel;
  readonly topics: Subscriptions;
  kind: BinaryKind = "nodebuffer";
  /** Whether no message comes or goes any more. */
  closed = false;
  /** Whether the app lets the client wait. */
  paused = false;
  readonly #group: SocketGroup;
  /** Whether the app was told that bytes wait for the client. */
  #pressed = false;
  /** Made where a Blob is sent. */
  #order: SendOrder | undefined;
  #failure: Failure | undefined;

  constructor(group: SocketGroup) {
    this.#group = group;
    this.topics = new Subscriptions(group, this);
  }

  /** Number of bytes that wait for the client to take them. */
  get unsent(): number {
    return this.closed ? 0 : this.tunnel.unsent;
  }

  /** Sends a message. Returns what `send` of a `ServerWebSocket` does. */
  send(message: Message, compress: boolean): number {
    if (this.#refuses()) return 0;
    if (this.#order?.busy === true || message instanceof Blob) {
      this.#sendLater(message, compress);
      return sizeOf(message);
    }
    const written = this.#write(message, compress);
    const plain = !compress || this.tunnel.endpoint?.compresses !== true ||
      !maySendCompressed(this.#group.settings);
    return this.#sent(plain ? payloadLength(written) : sizeOf(message));
  }

  /** {@inheritDoc Subscriber.deliver} */
  deliver(message: PreparedMessage): void {
    if (this.#order?.busy === true) {
      this.send(message.content, message.compress);
    } else if (!this.#refuses()) {
      this.tunnel.endpoint?.sendPrepared(message);
      this.#sent(0);
    }
  }

  /** Sends a ping or pong. Returns what that method of a `ServerWebSocket` does. */
  control(name: "ping" | "pong", payload: Uint8Array): number {
    if (this.closed) return 0;
    this.tunnel.endpoint?.[name](payload);
    return this.#sent(payload.length);
  }

  /** Calls a function whose messages are sent together. */
  corked<T>(action: () => T): T {
    if (this.closed) return action();
    this.tunnel.cork();
    try {
      return action();
    } finally {
      this.tunnel.uncork();
    }
  }

  /** Lets the client wait with what it sends, or takes it again. */
  hold(paused: boolean): void {
    if (this.closed) return;
    this.paused = paused;
    this.tunnel.hold(paused);
  }

  /** {@inheritDoc Subscriber.shut} */
  shut(code: number, reason: string): void {
    this.#end(code, reason, true);
  }

  /** Closes the connection without a close frame. */
  terminate(): void {
    this.#end(ABNORMAL, "");
  }

  /** {@inheritDoc WebSocketListener.open} */
  open(): void {
    const thrown = this.#call("open", true);
    if (thrown === undefined) return;
    // A socket whose `open` fails is closed.
    this.terminate();
    this.#fail(thrown.error);
  }

  /** {@inheritDoc WebSocketListener.message} */
  message(data: string | ArrayBuffer): void {
    const { settings } = this.#group;
    const { message } = settings;
    if (typeof message !== "function") return;
    const value = typeof data === "string" ? data : this.#binary(data);
    try {
      (message as SocketHandler & ((...args: unknown[]) => unknown))
        .call(settings, this.shown, value);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** {@inheritDoc WebSocketListener.ping} */
  ping(payload: Uint8Array): void {
    this.#handle("ping", false, this.#binary(copy(payload)));
  }

  /** {@inheritDoc WebSocketListener.pong} */
  pong(payload: Uint8Array): void {
    this.#handle("pong", false, this.#binary(copy(payload)));
  }

  /** {@inheritDoc WebSocketListener.drain} */
  drain(): void {
    if (!this.#pressed) return;
    this.#pressed = false;
    this.#handle("drain", true);
  }

  /** {@inheritDoc WebSocketListener.timedOut} */
  timedOut(): void {
    this.#end(ABNORMAL, "WebSocket timed out from inactivity");
  }

  /** {@inheritDoc WebSocketListener.error} */
  error(failure: Failure): void {
    this.#failure = failure;
  }

  /** {@inheritDoc WebSocketListener.close} */
  close(code: number, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.#leave(code, this.#failure?.reason ?? reason);
  }

  #binary(bytes: ArrayBuffer): unknown {
    switch (this.kind) {
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

  /** Whether messages are dropped: the socket is closed, or over its `backpressureLimit`. */
  #refuses(): boolean {
    if (this.closed) return true;
    const { unsent } = this.tunnel;
    if (unsent === 0) return false;
    const { settings } = this.#group;
    const limit = readBackpressureLimit(settings);
    if (limit <= 0 || unsent <= limit) return false;
    if (settings.closeOnBackpressureLimit === true) setTimeout(() => this.terminate());
    return true;
  }

  /** Sends a message once what was sent before has been read. */
  #sendLater(message: Message, compress: boolean): void {
    // The app may change its bytes meanwhile.
    const kept = message instanceof Uint8Array ? new Uint8Array(message) : message;
    this.#order ??= new SendOrder((error) => this.#fail(error));
    this.#order.add(async () => {
      const content = kept instanceof Blob ? new Uint8Array(await kept.arrayBuffer()) : kept;
      if (!this.closed) this.#write(content, compress);
    });
  }

  /** Returns the number of bytes of the frame. */
  #write(message: string | Uint8Array, compress: boolean): number {
    const endpoint = this.tunnel.endpoint!;
    const compressed = compress && maySendCompressed(this.#group.settings);
    return typeof message === "string"
      ? endpoint.sendText(message, compressed)
      : endpoint.sendBinary(message, compressed);
  }

  /** The result of a method that sends, for a number of bytes. */
  #sent(size: number): number {
    if (this.tunnel.unsent <= PRESSED_BYTES) return size;
    this.#pressed = true;
    return -1;
  }

  /** Closes the socket, and then the connection. */
  #end(code: number, reason: string, byFrame = false): void {
    if (this.closed) return;
    this.closed = true;
    if (byFrame) this.tunnel.shut(isCloseCode(code) ? code : undefined, reason);
    this.#leave(code, reason);
    this.tunnel.terminate(!byFrame);
  }

  #leave(code: number, reason: string): void {
    this.topics.clear();
    this.#handle("close", false, code, reason);
    this.#group.members.delete(this);
  }

  #handle(name: HandlerName, corked: boolean, ...args: unknown[]): void {
    const thrown = this.#call(name, corked, ...args);
    if (thrown !== undefined) this.#fail(thrown.error);
  }

  /** Calls a handler. Returns what it throws. */
  #call(name: HandlerName, corked: boolean, ...args: unknown[]): { error: unknown } | undefined {
    const { settings } = this.#group;
    const handler = settings[name];
    if (typeof handler !== "function") return undefined;
    if (corked) this.tunnel.cork();
    try {
      (handler as SocketHandler & ((...args: unknown[]) => unknown))
        .call(settings, this.shown, ...args);
    } catch (error) {
      return { error };
    } finally {
      if (corked) this.tunnel.uncork();
    }
    return undefined;
  }

  #fail(thrown: unknown): void {
    const { error } = this.#group.settings;
    if (typeof error !== "function") return this.#group.report(thrown);
    try {
      (error as (...args: unknown[]) => unknown)(thrown, this.shown);
    } catch (second) {
      this.#group.report(second);
    }
  }
}

function copy(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
