/**
 * `fetch()` to an SCGI server.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { FORBIDDEN, TOKEN } from "../cgi/fields.ts";
import { TEXT_TYPE } from "../runtime/fetch/recorded-body.ts";
import { toVariables } from "../cgi/to-variables.ts";
import { takeCredentials } from "./credentials.ts";
import { alteredMethod, badMethod } from "./failures.ts";
import { type ClientLimits, type Destination, toDestination } from "./destination.ts";
import { send } from "./send.ts";

/** The options of {@linkcode fetch}: those of a `RequestInit`, and those of the SCGI request. */
export interface ScgiRequestInit extends RequestInit, ClientLimits {
  /** The SCGI server. */
  to: Address;
  /** CGI variables to add. A variable of the request with the same name is replaced. */
  env?: Readonly<Record<string, string>> | undefined;
}

/**
 * Sends a request to an SCGI server. Resolves with its response, whose body streams. Redirects are
 * not followed, and no content coding is decoded.
 *
 * Every form of a CGI response is accepted: with or without `Status` (200), with `Location` alone
 * (302), with an HTTP status line, with lines that end in LF, with or without a length. Small faults
 * are accepted where web servers accept them: a `Content-Length` that is empty or repeated, a
 * repeated `Status`, `Location` or `Content-Type` (the last one counts), `Status: 404: Not Found`,
 * bytes after the declared length, and the line `<!--: spam` of Python's cgitb, both left out.
 *
 * SCGI sends the length of a body before the body. The length of a string, of bytes, of a `Blob`
 * and of a body with a Content-Length is known; any other body is buffered, up to
 * `maxBufferedBytes`, before it is sent.
 *
 * A user and password in the URL become the field `Authorization: Basic`, as with curl, unless the
 * request has that field.
 *
 * The first request with a head over 4096 bytes emits the process warning `REQUEST_HEAD_LARGE`.
 *
 * @throws {ScgiError} `CONNECT_FAILED`, `CONNECT_TIMEOUT`, `REPLY_TIMEOUT`, `REPLY_INVALID`,
 * `REPLY_STATUS`, `REPLY_HEAD_TOO_LARGE`, `REQUEST_LENGTH`, `BODY_TOO_LARGE`, `METHOD_UNSUPPORTED`,
 * `HEAD_INVALID`, `ADDRESS_INVALID`, `OPTION_INVALID`; or the reason of the signal. A failure after
 * the head of the response rejects the read of its body.
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
  init: ScgiRequestInit,
): Promise<Response> {
  const { to, connectTimeout, replyTimeout, maxBufferedBytes, ...rest } = init;
  const limits = { connectTimeout, replyTimeout, maxBufferedBytes };
  return await fetchFrom(toDestination(to, limits), input, rest);
}

/** As {@linkcode fetch}, from a destination that was checked. */
export async function fetchFrom(
  destination: Destination,
  input: Request | string | URL,
  { env, ...init }: RequestInit & Pick<ScgiRequestInit, "env">,
): Promise<Response> {
  // On Bun and Deno the URL of a Request can contain a password as well.
  const url = parse(input instanceof Request ? input.url : input);
  const authorization = takeCredentials(url);
  const isPlain = !(input instanceof Request) && Object.keys(init).length === 0;
  const request = isPlain ? undefined : toRequest(input instanceof Request ? input : url, init);
  const source = request ?? { method: "GET", url: url.href, headers: new Headers() };
  const basic = authorization === undefined || source.headers.has("authorization")
    ? undefined
    : { HTTP_AUTHORIZATION: authorization };
  const variables = toVariables(source, {
    url,
    env: basic === undefined ? env : { ...basic, ...env },
  });
  // The signal of a Request that the app does not have aborts nothing, and takes Node long to listen to.
  const signal = input instanceof Request || init.signal ? request!.signal : undefined;
  const outgoing = { method: source.method, signal, request, variables, body: init.body };
  return await send(outgoing, destination);
}

function parse(url: string | URL): URL {
  try {
    return new URL(url);
  } catch {
    // The runtimes' own error contains the URL, and with it a password.
    throw new TypeError("The URL of the request is not valid");
  }
}

function toRequest(input: Request | URL, init: RequestInit): Request {
  const { method, body } = init;
  if (method !== undefined && (!TOKEN.test(method) || FORBIDDEN.test(method))) {
    throw badMethod(method);
  }
  // On Bun a Request made from another Request has no backpressure on its body.
  if (input instanceof Request && Object.keys(init).length === 0) return input;
  const request = new Request(input, { duplex: "half", ...init } as RequestInit);
  // Bun's Request does not show the type of a string.
  if (typeof body === "string" && !request.headers.has("content-type")) {
    request.headers.set("content-type", TEXT_TYPE);
  }
  // Bun replaces an unknown method by GET.
  if (method !== undefined && request.method.toUpperCase() !== method.toUpperCase()) {
    throw alteredMethod(method);
  }
  return request;
}
