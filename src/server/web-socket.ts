/**
 * The server's end of a WebSocket as a standard `WebSocket`.
 *
 * @see https://websockets.spec.whatwg.org/#the-websocket-interface
 * @module
 */

import { Buffer } from "node:buffer";
import { utf8Bytes } from "../scgi/latin1.ts";
import { type Failure, MAX_REASON_BYTES } from "../websocket/close-code.ts";
import { CLOSED, CLOSING, OPEN } from "../websocket/endpoint.ts";
import { closeEvent, errorEvent, GuardedListeners, type Listener } from "./socket-events.ts";
import { CONNECTING, WebSocketTunnel, type WebSocketTunnelOptions } from "./websocket-tunnel.ts";

/** The values of a `close` event. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
  readonly clean: boolean;
}

/** The end of a connection that brought no close frame of the peer. */
export interface UncleanEnd {
  /** Whether this side had sent its close frame. */
  readonly shutting: boolean;
  /** The failure that this side found; undefined where the connection just ended. */
  readonly failure: Failure | undefined;
}

/** The parts of a WebSocket that its handshake decides. */
export interface WebSocketParts extends WebSocketTunnelOptions {
  /** The URL of the request. */
  readonly url: string;
  /** The subprotocol; empty where none was chosen. */
  readonly protocol: string;
  /** The field `Sec-WebSocket-Extensions` of the response; empty without extensions. */
  readonly extensions: string;
  /** Gives the `close` event of an end without the peer's close frame. Code 1006 unless set. */
  unclean?(end: UncleanEnd): Closing;
  /** Takes the errors that the app's listeners throw. */
  report(error: unknown): void;
}

type Handler = ((event: Event) => unknown) | null;

/** A WebSocket whose other end is a client. */
class ServerWebSocket extends EventTarget {
  readonly #parts: WebSocketParts;
  readonly #url: string;
  readonly #tunnel: WebSocketTunnel;
  readonly #guards: GuardedListeners;
  readonly #handlers: Map<string, Handler> = new Map();
  #binaryType: BinaryType = "arraybuffer";
  /** Bytes that wait for a Blob before them, or were dropped after the end. */
  #held = 0;
  /** Resolves when the Blobs that were sent have been read. */
  #reading: Promise<void> | undefined;
  /** Whether `close()` waits for a Blob. */
  #closing = false;

  constructor(parts: WebSocketParts) {
    super();
    this.#parts = parts;
    this.#url = parts.url.replace(/^http/, "ws");
    this.#guards = new GuardedListeners((error) => parts.report(error));
    let failure: Failure | undefined;
    this.#tunnel = new WebSocketTunnel({
      open: () => void this.dispatchEvent(new Event("open")),
      message: (data) => this.#receive(data),
      error: (found) => {
        failure = found;
        this.dispatchEvent(errorEvent(found.reason));
      },
      close: (code, reason, clean) => this.#finish({ code, reason, clean }, failure),
    }, parts);
  }

  /** The tunnel of a socket. */
  static tunnelOf(this: void, socket: ServerWebSocket): WebSocketTunnel {
    return socket.#tunnel;
  }

  get url(): string {
    return this.#url;
  }

  get protocol(): string {
    return this.#parts.protocol;
  }

  get extensions(): string {
    return this.#parts.extensions;
  }

  get readyState(): number {
    const { readyState } = this.#tunnel;
    return this.#closing && readyState < CLOSING ? CLOSING : readyState;
  }

  get bufferedAmount(): number {
    return this.#held + this.#tunnel.unsent;
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
  }

  send(data: unknown): void {
    const { readyState } = this;
    if (readyState === CONNECTING) {
      throw new DOMException("The WebSocket is not open yet", "InvalidStateError");
    }
    const message = toMessage(data);
    const size = sizeOf(message);
    if (readyState !== OPEN) {
      this.#held += size;
      return;
    }
    if (this.#reading === undefined && !(message instanceof Blob)) return this.#send(message);
    this.#held += size;
    this.#after(async () => {
      const content = message instanceof Blob
        ? new Uint8Array(await message.arrayBuffer())
        // The app may change its bytes meanwhile.
        : typeof message === "string"
        ? message
        : new Uint8Array(message);
      this.#held -= size;
      this.#send(content);
    });
  }

  close(code?: number, reason?: string): void {
    const given = code === undefined ? undefined : toUnsignedShort(code);
    if (given !== undefined && given !== 1000 && !(given >= 3000 && given <= 4999)) {
      throw new DOMException(
        `The close code must be 1000, or from 3000 to 4999, and is ${given}`,
        "InvalidAccessError",
      );
    }
    const text = reason === undefined ? "" : String(reason);
    if (utf8Bytes(text).length > MAX_REASON_BYTES) {
      throw new DOMException(
        `The reason of a close must not be over ${MAX_REASON_BYTES} bytes`,
        "SyntaxError",
      );
    }
    if (this.readyState >= CLOSING) return;
    // A close frame with a reason has a code.
    const sent = given ?? (text === "" ? undefined : 1000);
    if (this.#reading === undefined) return this.#tunnel.shut(sent, text);
    this.#closing = true;
    this.#after(() => this.#tunnel.shut(sent, text));
  }

  override addEventListener(
    type: string,
    listener: Listener | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    const guarded = listener === null ? null : this.#guards.of(listener);
    super.addEventListener(type, guarded as never, options);
  }

  override removeEventListener(
    type: string,
    listener: Listener | null,
    options?: boolean | EventListenerOptions,
  ): void {
    const guarded = listener === null ? null : this.#guards.of(listener);
    super.removeEventListener(type, guarded as never, options);
  }

  get [Symbol.toStringTag](): string {
    return "WebSocket";
  }

  /** The handler attribute of an event; it keeps its place among the listeners. */
  static handler(this: void, socket: ServerWebSocket, type: string): Handler {
    return socket.#handlers.get(type) ?? null;
  }

  static setHandler(this: void, socket: ServerWebSocket, type: string, value: unknown): void {
    const handlers = socket.#handlers;
    if (!handlers.has(type)) {
      socket.addEventListener(type, (event) => handlers.get(type)?.call(socket, event));
    }
    handlers.set(type, typeof value === "function" ? value as Handler : null);
  }

  #receive(data: string | ArrayBuffer): void {
    const wanted = typeof data === "string" || this.#binaryType === "arraybuffer"
      ? data
      : new Blob([data]);
    this.dispatchEvent(new MessageEvent("message", { data: wanted, origin: originOf(this.#url) }));
  }

  #finish(closing: Closing, failure: Failure | undefined): void {
    const { unclean } = this.#parts;
    const { shutting } = this.#tunnel;
    const ends = !closing.clean && !shutting && failure === undefined;
    if (ends) this.dispatchEvent(errorEvent("Unexpected EOF"));
    const { code, reason, clean } = closing.clean || unclean === undefined
      ? closing
      : unclean({ shutting, failure });
    this.dispatchEvent(closeEvent(code, reason, clean));
  }

  #send(message: string | Uint8Array): void {
    const { endpoint } = this.#tunnel;
    if (typeof message === "string") endpoint!.sendText(message);
    else endpoint!.sendBinary(message);
  }

  /** Calls a function once all messages of earlier calls have left this class. */
  #after(action: () => void | Promise<void>): void {
    const reading = (this.#reading ?? Promise.resolve()).then(action)
      .catch((error) => this.#parts.report(error))
      .then(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    this.#reading = reading;
  }
}

for (const type of ["open", "message", "error", "close"]) {
  Object.defineProperty(ServerWebSocket.prototype, `on${type}`, {
    get(this: ServerWebSocket): Handler {
      return ServerWebSocket.handler(this, type);
    },
    set(this: ServerWebSocket, value: unknown): void {
      ServerWebSocket.setHandler(this, type, value);
    },
    enumerable: true,
    configurable: true,
  });
}

const states = { CONNECTING, OPEN, CLOSING, CLOSED };
for (const [name, value] of Object.entries(states)) {
  for (const place of [ServerWebSocket, ServerWebSocket.prototype]) {
    Object.defineProperty(place, name, { value, enumerable: true });
  }
}

// `socket instanceof WebSocket` holds, and `constructor` is the runtime's class. Node 20 has none.
if ("WebSocket" in globalThis) {
  Reflect.deleteProperty(ServerWebSocket.prototype, "constructor");
  Object.setPrototypeOf(ServerWebSocket.prototype, WebSocket.prototype);
}

/** Makes a WebSocket that waits for its switch, and the protocol that makes it. */
export function makeWebSocket(parts: WebSocketParts): [socket: WebSocket, tunnel: WebSocketTunnel] {
  const socket = new ServerWebSocket(parts);
  return [socket as unknown as WebSocket, ServerWebSocket.tunnelOf(socket)];
}

/** The last URL and its origin: the messages of one socket have the same. */
let lastUrl = "";
let lastOrigin = "";

function originOf(url: string): string {
  if (url !== lastUrl) {
    lastUrl = url;
    lastOrigin = new URL(url).origin;
  }
  return lastOrigin;
}

function toMessage(data: unknown): string | Uint8Array | Blob {
  if (typeof data === "string" || data instanceof Blob) return data;
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (typeof SharedArrayBuffer !== "undefined" && data instanceof SharedArrayBuffer) {
    return new Uint8Array(data);
  }
  return String(data);
}

function sizeOf(message: string | Uint8Array | Blob): number {
  if (typeof message === "string") return Buffer.byteLength(message);
  return message instanceof Blob ? message.size : message.length;
}

/** A number as Web IDL's `[Clamp] unsigned short`. */
function toUnsignedShort(value: unknown): number {
  const number = Math.min(65535, Math.max(0, Number(value)));
  return Number.isNaN(number) ? 0 : Math.round(number);
}
