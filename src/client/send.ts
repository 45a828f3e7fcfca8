/**
 * Sends a request, as CGI variables and a body, to an SCGI server.
 *
 * @module
 */

import { encodeHead } from "../scgi/encoder.ts";
import { Call, type TakeOver } from "./call.ts";
import type { Destination } from "./destination.ts";
import { measure } from "./upload.ts";

/** A request with its CGI variables. */
export interface OutgoingRequest {
  request: Request;
  variables: Iterable<readonly [string, string]>;
  /** The body that the request was made with, if it is known. */
  body?: RequestInit["body"] | undefined;
  /** {@inheritDoc TakeOver} Without it a response of status 101 is an error. */
  takeOver?: TakeOver | undefined;
}

/** uWSGI closes the connection on longer heads, unless its buffer-size is raised. */
const COMMON_HEAD_BYTES = 4096;
let warned = false;

/**
 * Sends a request. Resolves with the response once its head is complete.
 *
 * @throws {ScgiError} As {@linkcode fetch} of the client does.
 */
export async function send(
  { request, variables, body, takeOver }: OutgoingRequest,
  to: Destination,
): Promise<Response> {
  request.signal.throwIfAborted();
  const upload = await measure(request, body, to.maxBufferedBytes);
  request.signal.throwIfAborted();
  const head = encodeHead(upload.length, variables);
  if (head.length > COMMON_HEAD_BYTES) warnOnce(head.length);
  return await new Call(to, request, head, upload, takeOver).open();
}

function warnOnce(length: number): void {
  if (warned) return;
  warned = true;
  const message = `The head of a request has ${length} bytes. uWSGI closes the connection over ` +
    `${COMMON_HEAD_BYTES} unless its buffer-size is raised`;
  globalThis.process.emitWarning(message, { type: "ScgiWarning", code: "REQUEST_HEAD_LARGE" });
}
