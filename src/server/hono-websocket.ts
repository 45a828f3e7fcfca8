/**
 * `upgradeWebSocket` for Hono apps. It needs nothing of Hono, at run time or as types.
 *
 * @see https://hono.dev/docs/helpers/websocket
 * @module
 */

import { upgradeWebSocket as upgrade, type UpgradeWebSocketOptions } from "./upgrade-websocket.ts";

/**
 * The part of Hono's `Context` that a function of events is given where it does not say another type
 * of it, as `(c: Context<Env>) => …` does.
 */
export interface UpgradeContext {
  /** The request. */
  readonly req: UpgradeRequest;
  /** Makes a Response with the header fields that middleware has set. */
  newResponse(data: null, init: { headers: Record<string, string> }): Response;
}

/** The request in an {@linkcode UpgradeContext}. */
export interface UpgradeRequest {
  /** The request of the handler. */
  readonly raw: Request;
  /** Its URL. */
  readonly url: string;
  /** The path in it. */
  readonly path: string;
  /** A parameter of the path; undefined where the route has none of that name. */
  param(name: string): string | undefined;
  /** A parameter of the query. */
  query(name: string): string | undefined;
  /** A header. */
  header(name: string): string | undefined;
}

/** The socket that a handler of an event is given, in the shape of Hono's own `WSContext`. */
export interface WebSocketContext {
  /** The socket itself. */
  readonly raw: WebSocket;
  /** The URL of the request, with the scheme `ws:` or `wss:`. */
  readonly url: URL;
  /** The subprotocol; empty where none was chosen. */
  readonly protocol: string;
  /** The class of binary messages. `"arraybuffer"` unless set. */
  binaryType: "arraybuffer" | "blob";
  /** The state, by the numbers of the WebSocket standard. */
  readonly readyState: 0 | 1 | 2 | 3;
  /** Sends a message. */
  send(source: string | ArrayBuffer | Uint8Array, options?: SendOptions): void;
  /** Closes the socket. */
  close(code?: number, reason?: string): void;
}

/** The options of Hono's `ws.send`. */
export interface SendOptions {
  /** Ignored: messages are compressed by their length, where that was negotiated. */
  compress?: boolean;
}

/** The part of Hono's `Context` that is read. */
export interface UpgradedContext {
  /** The request. */
  readonly req: { readonly raw: Request };
  /** Makes a Response with the header fields that middleware has set. */
  newResponse(data: null, init: { headers: Record<string, string> }): Response;
}

/** The handlers of a socket's events, as Hono has them. Their errors are reported to `onError`. */
export interface WebSocketEvents {
  /** The socket is open. */
  onOpen?: (event: Event, ws: WebSocketContext) => unknown;
  /** A message came. */
  onMessage?: (event: MessageEvent, ws: WebSocketContext) => unknown;
  /** The socket is closed. */
  onClose?: (event: CloseEvent, ws: WebSocketContext) => unknown;
  /** The socket failed; `onClose` follows. */
  onError?: (event: Event, ws: WebSocketContext) => unknown;
}

class SocketContext implements WebSocketContext {
  readonly raw: WebSocket;
  readonly url: URL;
  readonly protocol: string;

  constructor(socket: WebSocket) {
    this.raw = socket;
    this.url = new URL(socket.url);
    this.protocol = socket.protocol;
  }

  get binaryType(): BinaryType {
    return this.raw.binaryType;
  }

  set binaryType(type: BinaryType) {
    this.raw.binaryType = type;
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.raw.readyState as 0 | 1 | 2 | 3;
  }

  send(source: string | ArrayBuffer | Uint8Array): void {
    // TypeScript before 5.7 has no type for bytes that are not shared with other threads.
    this.raw.send(source as string | ArrayBuffer);
  }

  close(code?: number, reason?: string): void {
    this.raw.close(code, reason);
  }
}

function open(
  c: UpgradedContext,
  { onOpen, onMessage, onClose, onError }: WebSocketEvents,
  options?: UpgradeWebSocketOptions,
): Response {
  const { socket, response } = upgrade(c.req.raw, options);
  const context = new SocketContext(socket);
  // Each listener returns its result, so that a rejection is reported.
  if (onOpen) socket.addEventListener("open", (event) => onOpen(event, context));
  if (onMessage) socket.addEventListener("message", (event) => onMessage(event, context));
  if (onClose) socket.addEventListener("close", (event) => onClose(event as CloseEvent, context));
  if (onError) socket.addEventListener("error", (event) => onError(event, context));
  return c.newResponse(null, { headers: Object.fromEntries(response.headers) });
}

/**
 * Upgrades the requests of a route to WebSockets, on every runtime. A request that asks for no upgrade
 * goes on to the next handler; a handshake that is wrong, or that the web server cannot carry, is
 * refused as by `upgradeWebSocket` of `scgi/websocket`, whose options it takes.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { upgradeWebSocket } from "scgi/hono";
 *
 * const app = new Hono();
 * app.get("/echo", upgradeWebSocket(() => ({ onMessage: ({ data }, ws) => ws.send(data) })));
 * ```
 */
export function upgradeWebSocket<C extends UpgradeContext>(
  createEvents: (c: C) => WebSocketEvents | Promise<WebSocketEvents>,
  options?: UpgradeWebSocketOptions,
): (c: C, next: () => Promise<void>) => Promise<Response | void>;
/**
 * Upgrades a request inside a handler, as Hono's own `upgradeWebSocket(c, events)` does.
 *
 * @throws {ScgiError} `UPGRADE_REFUSED`, by a rejection.
 */
export function upgradeWebSocket(
  c: UpgradedContext,
  events: WebSocketEvents,
  options?: UpgradeWebSocketOptions,
): Promise<Response>;
export function upgradeWebSocket(
  first: UpgradedContext | ((c: never) => WebSocketEvents | Promise<WebSocketEvents>),
  second?: WebSocketEvents | UpgradeWebSocketOptions,
  third?: UpgradeWebSocketOptions,
): unknown {
  if (typeof first !== "function") {
    // deno-lint-ignore require-await
    return (async () => open(first, second as WebSocketEvents, third))();
  }
  return async (c: UpgradeContext, next: () => Promise<void>): Promise<Response | void> => {
    if (!asksForWebSocket(c.req.raw)) return await next();
    return open(c, await first(c as never), second as UpgradeWebSocketOptions);
  };
}

/** Whether a request wants a WebSocket, even where its web server took the field `Upgrade` off. */
function asksForWebSocket({ headers }: Request): boolean {
  return headers.has("upgrade") || headers.has("sec-websocket-key");
}
