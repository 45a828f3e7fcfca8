/**
 * The destination of a request: the address of an SCGI server, and the limits of the client.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  MAX_PATH_BYTES,
  parseAddress,
  type ParsedAddress,
  pathBytes,
} from "../address.ts";
import type { DecodedHead, Field } from "../cgi/response-decoder.ts";
import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { wholeNumbers } from "../transport/limits.ts";
import type { Accept } from "../transport/socket.ts";

/** Limits of a client, in bytes, and its time-outs, in milliseconds. 0 switches a time-out off. */
export interface ClientLimits {
  /** The time limit for connecting, in milliseconds. 10000 unless set. */
  connectTimeout?: number | undefined;
  /**
   * The time limit, in milliseconds, for a server that accepts no bytes of the request, or that has
   * the request and sends no head of a response. The body of a response has no time limit: use a
   * signal. 60000 unless set.
   */
  replyTimeout?: number | undefined;
  /**
   * The most bytes of a body of unknown length that are buffered to learn its length. 16 MiB unless
   * set.
   */
  maxBufferedBytes?: number | undefined;
}

/** A checked address, with all limits. */
export interface Destination extends Required<{ [name in keyof ClientLimits]: number }> {
  readonly address: ParsedAddress;
  /** Whether control characters anywhere in the head of a response are an error. */
  readonly strict?: boolean | undefined;
  /** The fields that a Response has of a decoded head. All of them unless set. */
  readonly fieldsOf?: ((head: DecodedHead) => readonly Field[]) | undefined;
  /** Whether a response is not decoded: its head and its body are the body of a Response. */
  readonly raw?: boolean | undefined;
  /** Connects, in the place of the runtime's sockets. */
  readonly connect?: ((accept: Accept) => void) | undefined;
}

const DEFAULTS = {
  connectTimeout: 10_000,
  replyTimeout: 60_000,
  maxBufferedBytes: 16_777_216,
} as const;

/** A destination in this process, without time-outs. Its address occurs in no message. */
export function inThisProcess(connect: (accept: Accept) => void): Destination {
  const address = { unix: "this process" };
  return { address, connect, connectTimeout: 0, replyTimeout: 0, maxBufferedBytes: Infinity };
}

/**
 * Checks an address and limits.
 *
 * @throws {ScgiError} `ADDRESS_INVALID`, `OPTION_INVALID`.
 */
export function toDestination(to: Address, limits: ClientLimits): Destination {
  const address = parseAddress(to);
  if ("fd" in address) {
    throw new ScgiError(
      "ADDRESS_INVALID",
      `The address fd:${address.fd} cannot be used: a client cannot connect to it. ` +
        "Give unix:/path or HOST:PORT",
    );
  }
  if ("unix" in address && pathBytes(address.unix) > MAX_PATH_BYTES) {
    throw new ScgiError(
      "ADDRESS_INVALID",
      `The address ${
        quoted(formatAddress(address))
      } cannot be used: its path is over ${MAX_PATH_BYTES} ` +
        "bytes, and no Unix socket can have such a path. Correct it, or give a shorter path by a " +
        "symbolic link to the folder",
    );
  }
  return { address, ...wholeNumbers<keyof ClientLimits>(DEFAULTS, limits) };
}
