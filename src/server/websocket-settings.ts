/**
 * The handlers and options of WebSockets that a module exports beside `fetch`, or that a server is
 * given.
 *
 * @see https://bun.com/docs/runtime/http/websockets
 * @module
 */

import type { DeflateOptions } from "../websocket/deflate-negotiation.ts";
import { PING_INTERVAL } from "../websocket/keep-alive.ts";

/** A handler of an event of a socket. */
export type SocketHandler = (...args: never[]) => unknown;

/** The `websocket` object: one set of handlers for all sockets, and their options. */
export interface WebSocketSettings {
  open?: SocketHandler | null | undefined;
  message?: SocketHandler | null | undefined;
  drain?: SocketHandler | null | undefined;
  close?: SocketHandler | null | undefined;
  ping?: SocketHandler | null | undefined;
  pong?: SocketHandler | null | undefined;
  /** Takes the error that a handler throws, and the socket. */
  error?: SocketHandler | null | undefined;
  /** The longest message that is received, in bytes. 16 MiB unless set. */
  maxPayloadLength?: number | undefined;
  /** The most bytes that may wait for a client; over it messages are dropped. 16 MiB unless set. */
  backpressureLimit?: number | undefined;
  /** Whether a socket is closed soon after a message over its `backpressureLimit`. False unless set. */
  closeOnBackpressureLimit?: boolean | undefined;
  /**
   * Time without a byte of the client after which its socket is closed, in seconds: at least 8, and
   * rounded up to a multiple of 4; 0 is no limit. 120 unless set.
   */
  idleTimeout?: number | undefined;
  /** Whether silent clients are sent pings. True unless set. */
  sendPings?: boolean | undefined;
  /** Whether `publish` of a socket reaches that socket. False unless set. */
  publishToSelf?: boolean | undefined;
  /** Whether messages may be compressed. False unless set. */
  perMessageDeflate?: boolean | { compress?: unknown; decompress?: unknown } | undefined;
}

/** 16 MiB, in bytes. */
const BACKPRESSURE_LIMIT = 16_777_216;
/** In seconds. */
const IDLE_TIMEOUT = 120;
/** The least of it, and its steps. */
const LEAST_IDLE_TIMEOUT = 8, IDLE_STEP = 4;
/** The time before the close at which the last ping is sent, in milliseconds. */
const LAST_PING = 4000;

/** The settings that hold for a socket from its start. */
export interface TunnelSettings {
  readonly maxPayloadLength: number | undefined;
  /** In seconds. */
  readonly idleTimeout: number;
  /** In milliseconds; 0 without pings. */
  readonly pingInterval: number;
  readonly perMessageDeflate: false | DeflateOptions;
}

/** Reads the settings that hold for a socket from its start. */
export function readTunnelSettings(settings: WebSocketSettings): TunnelSettings {
  const { sendPings = true, perMessageDeflate = false } = settings;
  const given = settings.idleTimeout ?? IDLE_TIMEOUT;
  const steps = Math.ceil(Math.max(given, LEAST_IDLE_TIMEOUT) / IDLE_STEP);
  const idleTimeout = given > 0 ? steps * IDLE_STEP : given;
  const last = idleTimeout > 0 ? idleTimeout * 1000 - LAST_PING : Infinity;
  return {
    maxPayloadLength: settings.maxPayloadLength,
    idleTimeout,
    pingInterval: sendPings ? Math.min(PING_INTERVAL, last) : 0,
    perMessageDeflate: readDeflate(perMessageDeflate),
  };
}

/** The most bytes that may wait for a client; 0 is no limit. */
export function readBackpressureLimit({ backpressureLimit }: WebSocketSettings): number {
  return backpressureLimit ?? BACKPRESSURE_LIMIT;
}

/** Whether messages to the client may be compressed, where that was negotiated. */
export function maySendCompressed({ perMessageDeflate }: WebSocketSettings): boolean {
  return typeof perMessageDeflate !== "object" || isOn(perMessageDeflate?.compress);
}

function readDeflate(
  given: NonNullable<WebSocketSettings["perMessageDeflate"]> | null,
): false | DeflateOptions {
  if (given === false || given === null) return false;
  if (given === true) return {};
  const { compress, decompress } = given;
  if (!isOn(compress) && !isOn(decompress)) return false;
  // A compressor of its own is named by the room that it takes.
  const dedicated = typeof compress === "string" && compress !== "shared" && isOn(compress);
  return { serverContextTakeover: dedicated };
}

function isOn(compressor: unknown): boolean {
  return Boolean(compressor) && compressor !== "disable";
}
