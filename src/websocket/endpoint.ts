/**
 * The server's end of one WebSocket connection: bytes in, events and bytes to write out. It is
 * sans-I/O: it knows no socket and no clock, and awaits nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455
 * @module
 */

import { ScgiError } from "../errors.ts";
import {
  ABNORMAL,
  closeBody,
  type Failure,
  isCloseCode,
  NO_STATUS,
  readCloseBody,
} from "./close-code.ts";
import { FrameDecoder, type FrameSink } from "./decoder.ts";
import { type DeflateParameters, PerMessageDeflate } from "./deflate.ts";
import { BINARY, CLOSE, encodeFrame, encodeText, PING, PONG, TEXT } from "./frame.ts";
import type { PreparedMessage } from "./prepared-message.ts";
import { giveBack } from "./room.ts";

/** `readyState` of an endpoint, with the numbers of the WebSocket standard. */
export const OPEN = 1, CLOSING = 2, CLOSED = 3;

/** The default maximum length of a received message, in bytes: 16 MiB. */
export const MAX_PAYLOAD_LENGTH: number = 16 * 1024 * 1024;

/** A message of at least this length, in bytes or code units, is compressed unless told otherwise. */
export const COMPRESS_FROM = 1024;

/**
 * Takes the news of an {@linkcode Endpoint}, each inside a call of its methods. None of these may throw:
 * bytes that arrived behind a message would be lost.
 */
export interface EndpointEvents {
  /**
   * Bytes for the peer, to be written in order. The endpoint does not change them afterwards, unless
   * the result is true: the bytes have left, and their memory can be used again.
   *
   * @param own Whether nothing else refers to the bytes: where they leave later, their memory can be
   * given back then.
   */
  write(bytes: Uint8Array, own: boolean): boolean | void;
  /**
   * The connection is to be ended once all bytes have been written. Called once; an end of the peer's
   * that came first takes its place.
   */
  finish(): void;
  /** A message: a string for text, for binary an `ArrayBuffer` that nothing else uses. */
  message(data: string | ArrayBuffer): void;
  /** A ping, which the endpoint has answered. */
  ping(payload: Uint8Array): void;
  /** A pong, asked for or not. */
  pong(payload: Uint8Array): void;
  /**
   * The endpoint failed the connection, and has sent a close frame with this code. {@linkcode closed}
   * follows with code 1006 and the failure's reason.
   */
  failed(failure: Failure): void;
  /**
   * The last event. The code is the peer's, 1005 where its close frame has none, and 1006 where it
   * sent no close frame; `clean` tells whether both sides sent one.
   */
  closed(code: number, reason: string, clean: boolean): void;
}

/** Options of an {@linkcode Endpoint}. */
export interface EndpointOptions {
  /** The maximum length of a received message in bytes, also once inflated. 16 MiB unless set. */
  maxPayloadLength?: number | undefined;
  /** The parameters of `permessage-deflate`, where the handshake accepted it. */
  deflate?: DeflateParameters | undefined;
}

/**
 * The state of one connection after the handshake. It answers pings and close frames by itself.
 * Methods that send do nothing unless `readyState` is {@linkcode OPEN}.
 */
export class Endpoint implements FrameSink {
  readonly #events: EndpointEvents;
  readonly #decoder: FrameDecoder;
  readonly #deflate: PerMessageDeflate | undefined;
  #readyState: typeof OPEN | typeof CLOSING | typeof CLOSED = OPEN;

  /** The connection is open from the start: the response of the handshake is the caller's. */
  constructor(events: EndpointEvents, options: EndpointOptions = {}) {
    const { maxPayloadLength = MAX_PAYLOAD_LENGTH, deflate } = options;
    this.#events = events;
    this.#deflate = deflate === undefined ? undefined : new PerMessageDeflate(deflate);
    this.#decoder = new FrameDecoder(this, maxPayloadLength, deflate !== undefined);
  }

  /**
   * {@linkcode OPEN}; {@linkcode CLOSING} from the close frame of this side until that of the peer;
   * {@linkcode CLOSED}.
   */
  get readyState(): 1 | 2 | 3 {
    return this.#readyState;
  }

  /** Whether `permessage-deflate` was negotiated. */
  get compresses(): boolean {
    return this.#deflate !== undefined;
  }

  /**
   * Takes bytes of the peer. They are unmasked in place, and not kept: the caller may use their
   * memory again afterwards, but not what they were.
   */
  receive(bytes: Uint8Array): void {
    if (this.#readyState !== CLOSED) this.#decoder.push(bytes);
  }

  /** The peer's bytes have ended, or the connection has failed: without a close frame, that is 1006. */
  receiveEnd(): void {
    if (this.#readyState !== CLOSED) this.#close(ABNORMAL, "", false);
  }

  /**
   * Sends a text message. Lone surrogates become U+FFFD.
   *
   * @param compress Whether to compress it, where that was negotiated; from 1024 code units on
   * unless set.
   * @returns the number of bytes given to `write`; 0 where the connection is not open.
   */
  sendText(text: string, compress: boolean = text.length >= COMPRESS_FROM): number {
    if (this.#readyState !== OPEN) return 0;
    return this.#writeOnce(
      compress && this.#deflate !== undefined
        ? encodeFrame(TEXT, this.#deflate.deflate(text), true)
        : encodeText(text),
    );
  }

  /**
   * Sends a binary message. The bytes are copied.
   *
   * @param compress Whether to compress it, where that was negotiated; from 1024 bytes on unless
   * set.
   * @returns the number of bytes given to `write`; 0 where the connection is not open.
   */
  sendBinary(bytes: Uint8Array, compress: boolean = bytes.length >= COMPRESS_FROM): number {
    if (this.#readyState !== OPEN) return 0;
    return this.#writeOnce(
      compress && this.#deflate !== undefined
        ? encodeFrame(BINARY, this.#deflate.deflate(bytes), true)
        : encodeFrame(BINARY, bytes),
    );
  }

  /**
   * Sends a message that other endpoints send as well.
   *
   * @returns the number of bytes given to `write`; 0 where the connection is not open.
   */
  sendPrepared(message: PreparedMessage): number {
    return this.#readyState === OPEN ? this.#write(message.frame(this.#deflate)) : 0;
  }

  /**
   * Sends a ping.
   *
   * @returns the number of bytes given to `write`; 0 where the connection is not open.
   * @throws {ScgiError} `OPTION_INVALID` for a payload of over 125 bytes.
   */
  ping(payload?: Uint8Array): number {
    return this.#sendControl(PING, payload);
  }

  /**
   * Sends a pong that no ping asked for.
   *
   * @returns the number of bytes given to `write`; 0 where the connection is not open.
   * @throws {ScgiError} `OPTION_INVALID` for a payload of over 125 bytes.
   */
  pong(payload?: Uint8Array): number {
    return this.#sendControl(PONG, payload);
  }

  /**
   * Sends a close frame, unless the connection is no longer open. `close` is called with the peer's
   * close frame, for which the caller should wait a limited time only.
   *
   * @param code An empty close frame unless set.
   * @param reason Cut at 123 bytes of UTF-8.
   * @throws {ScgiError} `OPTION_INVALID` for a code that a close frame must not have.
   */
  close(code?: number, reason = ""): void {
    if (code !== undefined && !isCloseCode(code)) {
      throw new ScgiError("OPTION_INVALID", `A close frame must not have the code ${code}`);
    }
    if (this.#readyState !== OPEN) return;
    this.#readyState = CLOSING;
    this.#write(encodeFrame(CLOSE, closeBody(code ?? NO_STATUS, reason)));
  }

  /**
   * Fails the connection: sends a close frame, ends, and calls `error` and `close`. For failures
   * that the caller finds, such as a time-out.
   */
  fail(closeCode: number, reason: string): void {
    const before = this.#readyState;
    if (before === CLOSED) return;
    // The state changes first, so that nothing is sent after the close frame.
    this.#readyState = CLOSED;
    this.#decoder.stop();
    if (before === OPEN) this.#write(encodeFrame(CLOSE, closeBody(closeCode, reason)));
    this.#events.finish();
    this.#events.failed({ closeCode, reason });
    this.#events.closed(ABNORMAL, reason, false);
  }

  /** Ends the connection without a close frame: `close` is called with code 1006. */
  terminate(): void {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    this.#decoder.stop();
    this.#events.finish();
    this.#events.closed(ABNORMAL, "", false);
  }

  /** {@inheritDoc FrameSink.receiveMessage} */
  receiveMessage(data: string | ArrayBuffer): void {
    if (this.#readyState === OPEN) this.#events.message(data);
  }

  /** {@inheritDoc FrameSink.inflate} */
  inflate(payload: Uint8Array, maxLength: number): Uint8Array | Failure {
    return this.#deflate!.inflate(payload, maxLength);
  }

  /** {@inheritDoc FrameSink.receiveControl} */
  receiveControl(opcode: typeof CLOSE | typeof PING | typeof PONG, payload: Uint8Array): void {
    if (opcode === CLOSE) return this.#peerClosed(payload);
    if (this.#readyState !== OPEN) return;
    if (opcode === PING) {
      this.#write(encodeFrame(PONG, payload));
      this.#events.ping(payload);
    } else {
      this.#events.pong(payload);
    }
  }

  #peerClosed(payload: Uint8Array): void {
    const body = readCloseBody(payload);
    if ("closeCode" in body) return this.fail(body.closeCode, body.reason);
    const before = this.#readyState;
    this.#readyState = CLOSED;
    this.#decoder.stop();
    if (before === OPEN) this.#write(encodeFrame(CLOSE, payload));
    this.#events.finish();
    this.#events.closed(body.code, body.reason, true);
  }

  #close(code: number, reason: string, clean: boolean): void {
    this.#readyState = CLOSED;
    this.#decoder.stop();
    this.#events.closed(code, reason, clean);
  }

  #sendControl(opcode: typeof PING | typeof PONG, payload: Uint8Array = NO_BYTES): number {
    if (payload.length > 125) {
      throw new ScgiError(
        "OPTION_INVALID",
        `The payload of a ping or pong must not be over 125 bytes, but has ${payload.length}`,
      );
    }
    return this.#readyState === OPEN ? this.#write(encodeFrame(opcode, payload)) : 0;
  }

  /** Writes a frame that is this endpoint's alone. */
  #writeOnce(frame: Uint8Array): number {
    const { length } = frame;
    if (this.#events.write(frame, true) === true) giveBack(frame);
    return length;
  }

  #write(frame: Uint8Array): number {
    this.#events.write(frame, false);
    return frame.length;
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
