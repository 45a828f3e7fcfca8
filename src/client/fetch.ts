/**
 * `fetch()` to an SCGI server.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { FORBIDDEN, TOKEN } from "../cgi/fields.ts";
import { TEXT_TYPE } from "../runtime/fetch/recorded-body.ts";
import { type RequestFields, toVariables } from "../cgi/to-variables.ts";
import { utf8Bytes } from "../scgi/latin1.ts";
import { takeCredentials } from "./credentials.ts";
import { alteredMethod, badMethod } from "./failures.ts";
import { type ClientLimits, type Destination, toDestination } from "./destination.ts";
import { fieldsOf } from "./plain-fields.ts";
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
  return await fetchFrom(toDestination(init.to, init), input, init);
}

/** The options that a Request does not have. */
const OURS: ReadonlySet<string> = new Set([
  "to",
  "env",
  "connectTimeout",
  "replyTimeout",
  "maxBufferedBytes",
]);
/** The options that need no Request, where they are usual. */
const PLAIN: ReadonlySet<string> = new Set([...OURS, "method", "headers", "signal", "body"]);
/** Matches a method that every Request leaves as it is. */
const PLAIN_METHOD = /^(?:DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)$/;
/** Matches one of them that may come with a body. */
const BODY_METHOD = /^(?:DELETE|OPTIONS|PATCH|POST|PUT)$/;

/** As {@linkcode fetch}, from a destination that was checked; it may throw at once. */
export function fetchFrom(
  destination: Destination,
  input: Request | string | URL,
  init: RequestInit & Pick<ScgiRequestInit, "env">,
): Promise<Response> {
  const isRequest = input instanceof Request;
  // On Bun and Deno the URL of a Request can contain a password as well.
  const url = parse(isRequest ? input.url : input);
  const authorization = takeCredentials(url);
  const fields = isRequest ? undefined : plainFields(init);
  const request = fields === undefined ? toRequest(isRequest ? input : url, init) : undefined;
  const { method, headers } = request ?? { method: init.method ?? "GET", headers: fields! };
  const { body } = init;
  const bytes = request === undefined && typeof body === "string" ? utf8Bytes(body) : undefined;
  const env = { ...init.env };
  if (bytes !== undefined && headers.get("content-type") === null) env.CONTENT_TYPE ??= TEXT_TYPE;
  if (authorization !== undefined && headers.get("authorization") === null) {
    env.HTTP_AUTHORIZATION ??= authorization;
  }
  // The signal of a Request that the app does not have aborts nothing, and takes Node long to listen to.
  const signal = isRequest || request && init.signal ? request!.signal : init.signal ?? undefined;
  const variables = toVariables({ method, url: url.href, headers }, { url, env });
  return send({ method, signal, request, bytes, variables, body }, destination);
}

function parse(url: string | URL): URL {
  try {
    return new URL(url);
  } catch {
    // The runtimes' own error contains the URL, and with it a password.
    throw new TypeError("The URL of the request is not valid");
  }
}

/**
 * The fields of a request whose options are usual: a method, fields, a signal, a text. A Request would show
 * all of them as they are, and cost a call 10 to 50 µs. Undefined where other options need a Request.
 */
function plainFields(init: RequestInit): RequestFields | undefined {
  const { method, signal, body } = init;
  if (method !== undefined && !PLAIN_METHOD.test(method)) return undefined;
  if (signal !== undefined && !(signal instanceof AbortSignal)) return undefined;
  if (body !== undefined && (typeof body !== "string" || !BODY_METHOD.test(method ?? ""))) {
    return undefined;
  }
  for (const name in init) {
    if (!PLAIN.has(name) && init[name as keyof RequestInit] !== undefined) return undefined;
  }
  const fields = fieldsOf(init.headers);
  return body === undefined || fields.get("content-length") === null ? fields : undefined;
}

/** Whether none of the options is one of a Request. */
function isUnchanged(init: RequestInit): boolean {
  return Object.keys(init).every((name) => OURS.has(name));
}

function toRequest(input: Request | URL, init: RequestInit): Request {
  const { method, body } = init;
  if (method !== undefined && (!TOKEN.test(method) || FORBIDDEN.test(method))) {
    throw badMethod(method);
  }
  // On Bun a Request made from another Request has no backpressure on its body.
  if (input instanceof Request && isUnchanged(init)) return input;
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
