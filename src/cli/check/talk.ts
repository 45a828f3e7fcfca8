/**
 * Connects to an address, sends bytes, and takes the time of the bytes that come back.
 *
 * @module
 */

import type { ParsedAddress } from "../../address.ts";
import { connect } from "../../runtime/sockets/node-socket.ts";
import { concat } from "../../scgi/bytes.ts";
import type { Socket } from "../../transport/socket.ts";

/** The course of a conversation. */
export interface Talk {
  /** The time until the connection was there, in milliseconds; undefined where there was none. */
  readonly connectMs: number | undefined;
  /** The time from the connection to the first byte, in milliseconds. */
  readonly answerMs: number | undefined;
  /** The bytes that came back. */
  readonly bytes: Uint8Array;
  /** Whether the time ran out. */
  readonly timedOut: boolean;
  /** The code of the system's error, or its message. */
  readonly error: string | undefined;
}

/** The most bytes that are read. */
const MOST_BYTES = 131_072;
/** The time for the end of the connection after the last byte that counts, in milliseconds. */
const END_MS = 1000;

/**
 * Sends bytes and waits for an answer: until it is enough, or its end, or the time is over.
 *
 * @param enough Whether the bytes so far are all that counts.
 */
export function talk(
  address: ParsedAddress,
  request: Uint8Array,
  limitMs: number,
  enough: (bytes: Uint8Array) => boolean,
): Promise<Talk> {
  let start = 0;
  let connectMs: number | undefined;
  let answerMs: number | undefined;
  let bytes: Uint8Array = new Uint8Array();
  let satisfied = false;
  return new Promise((resolve) => {
    let socket: Socket;
    const finish = (timedOut: boolean, error?: unknown) => {
      clearTimeout(timer);
      const { code, message } = (error ?? {}) as { code?: string; message?: string };
      resolve({ connectMs, answerMs, bytes, timedOut, error: code ?? message });
    };
    const stop = () => {
      socket.abort();
      finish(!satisfied);
    };
    let timer = setTimeout(stop, limitMs);
    connect(address, (opened) => {
      socket = opened;
      return {
        connect() {
          connectMs = performance.now() - start;
          socket.write(request);
        },
        data(chunk) {
          answerMs ??= performance.now() - start - connectMs!;
          bytes = concat([bytes, chunk], bytes.length + chunk.length);
          if (satisfied || !enough(bytes) && bytes.length < MOST_BYTES) return false;
          satisfied = true;
          // A server that gets no end before its own reports a client that has left.
          clearTimeout(timer);
          timer = setTimeout(stop, END_MS);
          return false;
        },
        end: () => socket.end(),
        drain() {},
        close: (error) => finish(false, error),
      };
    });
    // The first call loads a module.
    start = performance.now();
  });
}
