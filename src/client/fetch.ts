/**
 * `fetch()` to an SCGI server.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { FORBIDDEN, TOKEN } from "../cgi/fields.ts";
import { TEXT_TYPE } from "../runtime/fetch/recording.ts";
import { toVariables } from "../cgi/to-variables.ts";
import { takeCredentials } from "./credentials.ts";
import { alteredMethod, badMethod } from "./failures.ts";
import { type ClientLimits, send, toDestination } from "./send.ts";

/** What {@linkcode fetch} takes beside a `RequestInit`. */
export interface ScgiRequestInit extends RequestInit, ClientLimits {
  /** The SCGI server. */
  to: Address;
  /** CGI variables to set beside those of the request, or instead of them. */
  env?: Readonly<Record<string, string>> | undefined;
}

/**
 * Sends a request to an SCGI server, and gives its reply as a `Response` that streams. Redirects
 * are not followed, and nothing is decoded.
 *
 * The reply can be any that CGI knows: with `Status` or without (200), with `Location` alone (302),
 * with an HTTP status line, with lines that end in LF, with a length or without.
 *
 * SCGI needs the length of a body first. That of a string, of bytes, of a `Blob` and of a stream
 * with a Content-Length is known; any other stream is read to its end before it is sent.
 *
 * A user and a password in the URL are sent as `Authorization: Basic`, as curl does, unless the
 * request has that field.
 *
 * A request whose head is over 4096 bytes is a process warning (`REQUEST_HEAD_LARGE`), once.
 *
 * @throws {ScgiError} `CONNECT_FAILED`, `CONNECT_TIMEOUT`, `REPLY_TIMEOUT`, `REPLY_INVALID`,
 * `REPLY_STATUS`, `REPLY_HEAD_TOO_LARGE`, `REQUEST_LENGTH`, `BODY_TOO_LARGE`, `METHOD_UNSUPPORTED`,
 * `HEAD_INVALID`, `ADDRESS_INVALID`, `OPTION_INVALID`; or the reason of the signal. A reply that
 * fails after its head fails the reading of the body likewise.
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-6
 *
 * @example
 * ```ts
 * import { serve } from "scgi";
 * import { fetch } from "scgi/client";
 *
 * const server = serve(() => new Response("Hello"), { port: 0 });
 * await server.ready;
 * const response = await fetch("http://localhost/", { to: server.addr! });
 * console.log(await response.text()); // Hello
 * await server.shutdown();
 * ```
 */
export async function fetch(
  input: Request | string | URL,
  { to, env, connectTimeout, replyTimeout, maxBufferedBytes, ...init }: ScgiRequestInit,
): Promise<Response> {
  const destination = toDestination(to, { connectTimeout, replyTimeout, maxBufferedBytes });
  // A Request of Bun or Deno can have a URL with a password as well.
  const href = input instanceof Request ? input.url : input;
  // What the runtimes throw has the URL in it, and so a password.
  if (!URL.canParse(href)) throw new TypeError("The URL of the request is not valid");
  const url = new URL(href);
  const authorization = takeCredentials(url);
  const request = toRequest(input instanceof Request ? input : url, init);
  const basic = authorization === undefined || request.headers.has("authorization")
    ? {}
    : { HTTP_AUTHORIZATION: authorization };
  const variables = toVariables(request, { env: { ...basic, ...env } });
  return await send({ request, variables, body: init.body }, destination);
}

function toRequest(input: Request | URL, init: RequestInit): Request {
  const { method, body } = init;
  if (method !== undefined && (!TOKEN.test(method) || FORBIDDEN.test(method))) {
    throw badMethod(method);
  }
  // On Bun a Request made of another one forgets to hold back the sender of its body.
  if (input instanceof Request && Object.keys(init).length === 0) return input;
  const request = new Request(input, { duplex: "half", ...init } as RequestInit);
  // Bun's Request does not tell it.
  if (typeof body === "string" && !request.headers.has("content-type")) {
    request.headers.set("content-type", TEXT_TYPE);
  }
  // Bun makes GET of a method that it does not know.
  if (method !== undefined && request.method.toUpperCase() !== method.toUpperCase()) {
    throw alteredMethod(method);
  }
  return request;
}
