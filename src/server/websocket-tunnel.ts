/**
 * A WebSocket in a tunnel: joins an endpoint to a connection, keeps it alive with pings, and holds back
 * a peer that takes nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455
 * @module
 */

import { concat } from "../scgi/bytes.ts";
import type { Tunnel, TunnelProtocol } from "../transport/tunnel.ts";
import { ABNORMAL, type Failure } from "../websocket/close-code.ts";
import {
  CLOSED,
  CLOSING,
  Endpoint,
  type EndpointEvents,
  type EndpointOptions,
  OPEN,
} from "../websocket/endpoint.ts";
import { keepAlive } from "../websocket/keep-alive.ts";
import { giveBack, LARGE } from "../websocket/room.ts";

/** The time for which the peer's close frame is waited for, in milliseconds. */
const CLOSE_MS = 10_000;
/** The peer is not read any more while so many bytes wait for it to take them. */
const MOST_UNSENT_BYTES = 16_777_216;
/** Frames are kept up to this number of bytes to be sent together. */
const MOST_CORKED_BYTES = 16_384;

/** `readyState` before the switch. */
export const CONNECTING = 0;

/** Takes the news of a WebSocket. */
export interface WebSocketListener {
  /** The 101 was sent. */
  open(): void;
  message(data: string | ArrayBuffer): void;
  /** A ping, which was answered. */
  ping?(payload: Uint8Array): void;
  pong?(payload: Uint8Array): void;
  /** All bytes that were written have left. */
  drain?(): void;
  /** The peer was silent for too long. Without this method the close code is 1001. */
  timedOut?(): void;
  /** The connection failed; `close` follows. */
  error(failure: Failure): void;
  /** The last event. 1006 without a close frame of the peer. */
  close(code: number, reason: string, clean: boolean): void;
}

/** Options of a {@linkcode WebSocketTunnel}. */
export interface WebSocketTunnelOptions extends EndpointOptions {
  /**
   * Time without a byte of the peer after which it is taken for gone, in milliseconds. After half of
   * it a ping is sent. 0 is no limit, and no pings.
   */
  readonly idleTimeout: number;
  /** Time of silence after which a ping is sent, in milliseconds; half of `idleTimeout` unless set. */
  readonly pingInterval?: number | undefined;
  /** Tells the present time, in milliseconds. */
  readonly clock: { now(): number };
  /** Whether the socket stays open though the server stops. False unless set. */
  lasts?(): boolean;
}

/** The server's end of a WebSocket, before and after the switch. */
export class WebSocketTunnel implements TunnelProtocol, EndpointEvents {
  readonly #listener: WebSocketListener;
  readonly #options: WebSocketTunnelOptions;
  #tunnel: Tunnel | undefined;
  #endpoint: Endpoint | undefined;
  /** When bytes of the peer came last, in milliseconds. */
  #heardAt = 0;
  /** When the last ping was sent, likewise. */
  #pingedAt = 0;
  /** When the close frame was sent, in milliseconds. */
  #closingSince = 0;
  /** Whether bytes that were written have not left. */
  #blocked = false;
  /** A frame that has not left, and whose memory is given back then. */
  #leaving: Uint8Array | undefined;
  #shutting = false;
  #paused = false;
  /** Whether the app lets the peer wait. */
  #held = false;
  /** The first of the frames that are to be sent together, and the others. */
  #corked: Uint8Array | undefined;
  #moreCorked: Uint8Array[] | undefined;
  #corkedBytes = 0;
  /** The calls that have asked for it. */
  #corks = 0;
  /** The close that was asked for before the switch. */
  #early: { readonly code: number | undefined; readonly reason: string } | undefined;
  #over = false;

  constructor(listener: WebSocketListener, options: WebSocketTunnelOptions) {
    this.#listener = listener;
    this.#options = options;
  }

  /** The endpoint; undefined before the switch. */
  get endpoint(): Endpoint | undefined {
    return this.#endpoint;
  }

  /** As in the WebSocket standard. */
  get readyState(): 0 | 1 | 2 | 3 {
    if (this.#over) return CLOSED;
    if (this.#early !== undefined) return CLOSING;
    return this.#endpoint?.readyState ?? CONNECTING;
  }

  /** Whether this side has sent the first close frame. */
  get shutting(): boolean {
    return this.#shutting;
  }

  /** Number of bytes that were written and have not left. */
  get unsent(): number {
    return this.#blocked ? this.#tunnel!.unsent : 0;
  }

  /** Sends a close frame, before the switch right after it; `close` comes with that of the peer. */
  shut(code?: number, reason = ""): void {
    const { readyState } = this;
    if (readyState === CONNECTING) this.#early = { code, reason };
    if (readyState !== OPEN) return;
    this.#shutting = true;
    this.#closingSince = this.#options.clock.now();
    this.#endpoint!.close(code, reason);
  }

  /**
   * Closes the connection without a close frame.
   *
   * @param drops Whether bytes that the peer has not taken are dropped.
   */
  terminate(drops = false): void {
    const tunnel = this.#tunnel;
    const stuck = drops && this.unsent > 0;
    this.#endpoint?.terminate();
    if (stuck) tunnel?.abort();
  }

  /** Keeps frames from now on, to send them together. */
  cork(): void {
    this.#corks++;
  }

  /** Sends the frames that were kept, where each `cork()` has got its own call. */
  uncork(): void {
    if (--this.#corks === 0) this.#flush();
  }

  /** Pauses the messages of the peer, or lets them come again. */
  hold(held: boolean): void {
    this.#held = held;
    if (!this.#over && !this.#paused) this.#tunnel?.read(held ? "pause" : "flow");
  }

  open(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    this.#heardAt = this.#options.clock.now();
    this.#endpoint = new Endpoint(this, this.#options);
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) this.shut(early.code, early.reason);
    else this.#listener.open();
  }

  /** The answers to the messages of one read are sent together. */
  data(bytes: Uint8Array): boolean {
    this.#heardAt = this.#options.clock.now();
    this.#corks++;
    this.#endpoint!.receive(bytes);
    this.uncork();
    return false;
  }

  drain(): void {
    this.#blocked = false;
    if (this.#leaving !== undefined) giveBack(this.#leaving);
    this.#leaving = undefined;
    if (this.#paused && !this.#held) this.#tunnel!.read("flow");
    this.#paused = false;
    if (!this.#over) this.#listener.drain?.();
  }

  end(): void {
    this.#endpoint!.receiveEnd();
  }

  stop(): void {
    if (this.#options.lasts?.() !== true) this.shut(1001, "The server is stopping");
  }

  tick(now: number): void {
    const endpoint = this.#endpoint!;
    const { idleTimeout } = this.#options;
    if (endpoint.readyState === CLOSING && now - this.#closingSince >= CLOSE_MS) {
      return endpoint.terminate();
    }
    if (endpoint.readyState !== OPEN) return;
    const { pingInterval = idleTimeout / 2 } = this.#options;
    const times = { idleTimeout, pingInterval };
    const action = keepAlive(times, this.#heardAt, this.#pingedAt, now);
    if (action === "timeout") {
      if (this.#listener.timedOut !== undefined) return this.#listener.timedOut();
      return endpoint.fail(1001, "No response from ping frame.");
    }
    if (action === "wait") return;
    this.#pingedAt = now;
    endpoint.ping();
  }

  close(): void {
    if (this.#endpoint !== undefined) return this.#endpoint.receiveEnd();
    this.#early = undefined;
    this.#over = true;
    this.#listener.error({
      closeCode: ABNORMAL,
      reason: "The Response of the upgrade was not sent",
    });
    this.#listener.close(ABNORMAL, "", false);
  }

  /** {@inheritDoc EndpointEvents.write} */
  write(bytes: Uint8Array, own: boolean): boolean {
    if (this.#corks === 0 || this.#corked === undefined && bytes.length >= MOST_CORKED_BYTES) {
      if (this.#pass(bytes)) return true;
      if (own && bytes.length >= LARGE) this.#leaving = bytes;
      return false;
    }
    this.#corkedBytes += bytes.length;
    if (this.#corked === undefined) this.#corked = bytes;
    else (this.#moreCorked ??= [this.#corked]).push(bytes);
    if (this.#corkedBytes >= MOST_CORKED_BYTES) this.#flush();
    return false;
  }

  /** {@inheritDoc EndpointEvents.finish} */
  finish(): void {
    this.#flush();
    this.#tunnel!.end();
  }

  /** {@inheritDoc EndpointEvents.message} */
  message(data: string | ArrayBuffer): void {
    this.#listener.message(data);
  }

  /** {@inheritDoc EndpointEvents.ping} */
  ping(payload: Uint8Array): void {
    this.#listener.ping?.(payload);
  }

  /** {@inheritDoc EndpointEvents.pong} */
  pong(payload: Uint8Array): void {
    this.#listener.pong?.(payload);
  }

  /** {@inheritDoc EndpointEvents.failed} */
  failed(failure: Failure): void {
    this.#listener.error(failure);
  }

  /** {@inheritDoc EndpointEvents.closed} */
  closed(code: number, reason: string, clean: boolean): void {
    this.#over = true;
    this.#leaving = undefined;
    this.#listener.close(code, reason, clean);
  }

  #flush(): void {
    const corked = this.#corked;
    if (corked === undefined) return;
    const more = this.#moreCorked;
    const bytes = more === undefined ? corked : concat(more, this.#corkedBytes);
    this.#corked = this.#moreCorked = undefined;
    this.#corkedBytes = 0;
    this.#pass(bytes);
  }

  #pass(bytes: Uint8Array): boolean {
    const tunnel = this.#tunnel!;
    if (tunnel.write(bytes)) return true;
    this.#blocked = true;
    if (!this.#paused && tunnel.unsent >= MOST_UNSENT_BYTES) {
      this.#paused = true;
      tunnel.read("pause");
    }
    return false;
  }
}
