/**
 * A request, as CGI variables and a body, to an SCGI server.
 *
 * @module
 */

import { type Address, parseAddress, type ParsedAddress } from "../address.ts";
import { ScgiError } from "../errors.ts";
import { wholeNumbers } from "../transport/limits.ts";
import { encodeHead } from "../scgi/encoder.ts";
import { Call } from "./call.ts";
import { measure } from "./upload.ts";

/** Limits and time-outs of a client, in bytes and milliseconds. 0 switches a time-out off. */
export interface ClientLimits {
  /** How long the connecting may take, in milliseconds. 10000 unless set. */
  connectTimeout?: number | undefined;
  /**
   * How long the server may take nothing of the request, and then send no head of a reply, in
   * milliseconds. The body of a reply has no such limit: use a signal. 60000 unless set.
   */
  replyTimeout?: number | undefined;
  /**
   * The most of a streamed body without a Content-Length that is read to learn its length, in
   * bytes. 16 MiB unless set.
   */
  maxBufferedBytes?: number | undefined;
}

/** An SCGI server, and the limits of what is sent there, checked. */
export interface Destination extends Required<{ [name in keyof ClientLimits]: number }> {
  address: ParsedAddress;
  strict?: boolean | undefined;
}

/** What is sent. */
export interface Sent {
  request: Request;
  /** Its variables. */
  variables: Iterable<readonly [string, string]>;
  /** What its body was made of, where that is known. */
  body?: RequestInit["body"] | undefined;
}

const DEFAULTS = {
  connectTimeout: 10_000,
  replyTimeout: 60_000,
  maxBufferedBytes: 16_777_216,
} as const;

/** Heads over this uWSGI drops by default, with no reply. */
const COMMON_HEAD_BYTES = 4096;
let warned = false;

/**
 * Checks where to send, and how.
 *
 * @throws {ScgiError} `ADDRESS_INVALID`, `OPTION_INVALID`.
 */
export function toDestination(to: Address, limits: ClientLimits): Destination {
  const address = parseAddress(to);
  if ("fd" in address) {
    throw new ScgiError(
      "ADDRESS_INVALID",
      `The address fd:${address.fd} cannot be used: a file descriptor is nothing to connect to. ` +
        "Give unix:/path or HOST:PORT",
    );
  }
  return { address, ...wholeNumbers<keyof ClientLimits>(DEFAULTS, limits) };
}

/**
 * Sends a request, and gives the reply once its head is here.
 *
 * @throws {ScgiError} As {@linkcode fetch} of the client does.
 */
export async function send({ request, variables, body }: Sent, to: Destination): Promise<Response> {
  request.signal.throwIfAborted();
  const upload = await measure(request, body, to.maxBufferedBytes);
  request.signal.throwIfAborted();
  const head = encodeHead(upload.length, variables);
  if (head.length > COMMON_HEAD_BYTES) warnOnce(head.length);
  return await new Call(to, request, head, upload).open();
}

function warnOnce(length: number): void {
  if (warned) return;
  warned = true;
  const message = `The head of a request has ${length} bytes. uWSGI closes the connection over ` +
    `${COMMON_HEAD_BYTES} unless its buffer-size is raised`;
  globalThis.process.emitWarning(message, { type: "ScgiWarning", code: "REQUEST_HEAD_LARGE" });
}
