/**
 * The server's end of a WebSocket as a standard `WebSocket`.
 *
 * @see https://websockets.spec.whatwg.org/#the-websocket-interface
 * @module
 */

import { hideClass } from "../runtime/fetch/hide-class.ts";
import { utf8Bytes } from "../scgi/latin1.ts";
import { type Failure, MAX_REASON_BYTES } from "../websocket/close-code.ts";
import { CLOSED, CLOSING, OPEN } from "../websocket/endpoint.ts";
import { SendOrder } from "./send-order.ts";
import { closeEvent, errorEvent, GuardedListeners, type Listener } from "./socket-events.ts";
import { sizeOf, toMessage } from "./socket-message.ts";
import {
  CONNECTING,
  type WebSocketListener,
  WebSocketTunnel,
  type WebSocketTunnelOptions,
} from "./websocket-tunnel.ts";

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
export interface WebSocketParts {
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
  #handlers: Map<string, Handler> | undefined;
  #binaryType: BinaryType = "arraybuffer";
  /** Bytes that wait for a Blob before them, or were dropped after the end. */
  #held = 0;
  /** Made where a Blob is sent. */
  #order: SendOrder | undefined;
  /** Whether `close()` waits for a Blob. */
  #closing = false;

  constructor(parts: WebSocketParts, options: WebSocketTunnelOptions) {
    super();
    this.#parts = parts;
    this.#url = parts.url.replace(/^http/, "ws");
    this.#guards = new GuardedListeners((error) => parts.report(error));
    this.#tunnel = new WebSocketTunnel(new Dispatcher(this), options);
  }

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
    if (readyState === OPEN && !this.#busy && !(message instanceof Blob)) {
      return this.#send(message);
    }
    const size = sizeOf(message);
    if (readyState !== OPEN) {
      this.#held += size;
      return;
    }
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
    if (!this.#busy) return this.#tunnel.shut(sent, text);
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
    return socket.#handlers?.get(type) ?? null;
  }

  static setHandler(this: void, socket: ServerWebSocket, type: string, value: unknown): void {
    const handlers = socket.#handlers ??= new Map();
    if (!handlers.has(type)) {
      const guarded = socket.#guards.guard((event) => handlers.get(type)?.call(socket, event));
      EventTarget.prototype.addEventListener.call(socket, type, guarded as never);
    }
    handlers.set(type, typeof value === "function" ? value as Handler : null);
  }

  /** Dispatches the event of a message. */
  static receive(this: void, socket: ServerWebSocket, message: string | ArrayBuffer): void {
    const data = typeof message === "string" || socket.#binaryType === "arraybuffer"
      ? message
      : new Blob([message]);
    socket.dispatchEvent(new MessageEvent("message", { data, origin: originOf(socket.#url) }));
  }

  /** Dispatches the events of the end. */
  static finish(
    this: void,
    socket: ServerWebSocket,
    closing: Closing,
    failure: Failure | undefined,
  ): void {
    const { unclean } = socket.#parts;
    const { shutting } = socket.#tunnel;
    const ends = !closing.clean && !shutting && failure === undefined;
    if (ends) socket.dispatchEvent(errorEvent("Unexpected EOF"));
    const { code, reason, clean } = closing.clean || unclean === undefined
      ? closing
      : unclean({ shutting, failure });
    socket.dispatchEvent(closeEvent(code, reason, clean));
  }

  #send(message: string | Uint8Array): void {
    const { endpoint } = this.#tunnel;
    if (typeof message === "string") endpoint!.sendText(message);
    else endpoint!.sendBinary(message);
  }

  /** Whether the bytes of a Blob are being read. */
  get #busy(): boolean {
    return this.#order?.busy === true;
  }

  /** Calls a function once all messages of earlier calls have left this class. */
  #after(action: () => void | Promise<void>): void {
    this.#order ??= new SendOrder((error) => this.#parts.report(error));
    this.#order.add(action);
  }
}

/** Dispatches the news of a tunnel as events. */
class Dispatcher implements WebSocketListener {
  readonly #socket: ServerWebSocket;
  #failure: Failure | undefined;

  constructor(socket: ServerWebSocket) {
    this.#socket = socket;
  }

  open(): void {
    this.#socket.dispatchEvent(new Event("open"));
  }

  message(data: string | ArrayBuffer): void {
    ServerWebSocket.receive(this.#socket, data);
  }

  error(failure: Failure): void {
    this.#failure = failure;
    this.#socket.dispatchEvent(errorEvent(failure.reason));
  }

  close(code: number, reason: string, clean: boolean): void {
    ServerWebSocket.finish(this.#socket, { code, reason, clean }, this.#failure);
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
  hideClass(ServerWebSocket);
  Object.setPrototypeOf(ServerWebSocket.prototype, WebSocket.prototype);
}

/** Makes a WebSocket that waits for its switch, and the protocol that makes it. */
export function makeWebSocket(
  parts: WebSocketParts,
  options: WebSocketTunnelOptions,
): [socket: WebSocket, tunnel: WebSocketTunnel] {
  const socket = new ServerWebSocket(parts, options);
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

/** A number as Web IDL's `[Clamp] unsigned short`. */
function toUnsignedShort(value: unknown): number {
  const number = Math.min(65535, Math.max(0, Number(value)));
  return Number.isNaN(number) ? 0 : Math.round(number);
}
