/**
 * Sends a request, as CGI variables and a body, to an SCGI server.
 *
 * @module
 */

import { encodeHead } from "../scgi/encoder.ts";
import { prepare } from "../runtime/sockets/connect.ts";
import { Call, type Caller, type TakeOver } from "./call.ts";
import type { Destination } from "./destination.ts";
import { measure, type Upload } from "./upload.ts";

/** A request with its CGI variables. */
export interface OutgoingRequest extends Caller {
  variables: Iterable<readonly [string, string]>;
  /** The Request that may have a body; undefined for a request without one. */
  request?: Request | undefined;
  /** The bytes of the body, where they are known without a Request. */
  bytes?: Uint8Array | undefined;
  /** The body that the request was made with, if it is known. */
  body?: RequestInit["body"] | undefined;
  /** {@inheritDoc TakeOver} Without it a response of status 101 is an error. */
  takeOver?: TakeOver | undefined;
}

/** The upload of a request without a body. */
const NOTHING: Upload = { length: 0, body: null };

/** uWSGI closes the connection on longer heads, unless its buffer-size is raised. */
const COMMON_HEAD_BYTES = 4096;
let warned = false;

/**
 * Sends a request. Resolves with the response once its head is complete.
 *
 * @throws {ScgiError} As {@linkcode fetch} of the client does; it may throw at once.
 */
export function send(outgoing: OutgoingRequest, to: Destination): Promise<Response> {
  const { request, bytes, body, signal } = outgoing;
  signal?.throwIfAborted();
  if (bytes !== undefined) return sendWith({ length: bytes.length, body: bytes }, outgoing, to);
  if (request === undefined || request.body === null) return sendWith(NOTHING, outgoing, to);
  return measure(request, body, to.maxBufferedBytes).then((upload) => {
    signal?.throwIfAborted();
    return sendWith(upload, outgoing, to);
  });
}

function sendWith(
  upload: Upload,
  outgoing: OutgoingRequest,
  to: Destination,
): Promise<Response> {
  const head = encodeHead(upload.length, outgoing.variables);
  if (head.length > COMMON_HEAD_BYTES) warnOnce(head.length);
  const call = new Call(to, outgoing, head, upload, outgoing.takeOver);
  const preparing = to.connect === undefined ? prepare(to.address) : undefined;
  if (preparing === undefined) return call.open();
  return preparing.then(() => {
    outgoing.signal?.throwIfAborted();
    return call.open();
  });
}

function warnOnce(length: number): void {
  if (warned) return;
  warned = true;
  const message = `The head of a request has ${length} bytes. uWSGI closes the connection over ` +
    `${COMMON_HEAD_BYTES} unless its buffer-size is raised`;
  globalThis.process.emitWarning(message, { type: "ScgiWarning", code: "REQUEST_HEAD_LARGE" });
}
