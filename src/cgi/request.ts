/**
 * CGI variables to a `Request`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import type { Head } from "../scgi/decoder.ts";
import { eachField, FORBIDDEN, TOKEN } from "./fields.ts";
import { stripMount } from "./mount.ts";
import { badHost, readUrl, type UrlSource } from "./url.ts";
import { readVariables, type Variables } from "./variables.ts";

/** What a request has beside its variables. */
export interface RequestParts {
  /** Length of the body in bytes. */
  contentLength: number;
  /** The body; none for `GET` and `HEAD`, whatever is given. */
  body?: RequestBody | undefined;
  /** Becomes `request.signal`. */
  signal?: AbortSignal | undefined;
  /** Where the path comes from. `"request-uri"` unless set. */
  urlFrom?: UrlSource | undefined;
  /** The mount prefix to take off the path, or `true` for the web server's `SCRIPT_NAME`. */
  stripPrefix?: string | boolean | undefined;
}

/** The parts of a Request that few handlers look at, so that they can be made when one does. */
export interface LateParts {
  /** Calls `add` with each header field. */
  fields(add: (name: string, value: string) => void): void;
  /** What becomes `request.signal`; undefined where nobody can abort it. */
  readonly signal: AbortSignal | undefined;
}

/** The body of a `Request`. */
export type RequestBody = Uint8Array | ReadableStream<Uint8Array> | null;

/** A body that arrives while it is read. */
export interface ArrivingBody {
  /** What is read piece by piece. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Reads all of it at once, in place of the stream; rejects as that does. */
  whole(): Promise<Uint8Array>;
}

/** Makes a `Request`; throws for a URL that it cannot have. */
export type Construct = (
  url: string,
  method: string,
  body: RequestBody | ArrivingBody,
  late: LateParts,
) => Request;

/**
 * The method of a request; without `REQUEST_METHOD`, `POST` where there is a body and `GET` where
 * not.
 */
export function readMethod(variables: Variables, contentLength: number): string {
  return variables.REQUEST_METHOD || (contentLength > 0 ? "POST" : "GET");
}

/** Whether a `Request` of this method can have a body. */
export function takesBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/**
 * Makes the `Request` that a client sent.
 *
 * @throws {ScgiError} `METHOD_UNSUPPORTED` (501) for a method that the runtime's `Request` cannot
 * have, `LENGTH_MISMATCH` (400), `HOST_INVALID` (400), `PREFIX_MISMATCH` (404).
 *
 * @example
 * ```ts
 * import { readVariables, toRequest } from "scgi/protocol";
 *
 * const pairs = ["REQUEST_METHOD", "GET", "REQUEST_URI", "/a b?c", "HTTP_HOST", "example.com"];
 * const request = toRequest(readVariables({ contentLength: 0, pairs }), { contentLength: 0 });
 * console.log(request.url); // http://example.com/a%20b?c
 * ```
 */
export function toRequest(variables: Variables, parts: RequestParts): Request {
  return makeRequest(variables, parts, parts, constructRequest);
}

/** Where a signal comes from: what aborts it, or the parts that it was given among. */
export interface SignalSource {
  readonly signal?: AbortSignal | undefined;
}

/** What a request has beside its variables where its late parts are made late. */
export interface LateRequestParts extends Omit<RequestParts, "signal" | "body"> {
  body?: RequestBody | ArrivingBody | undefined;
  /** The head that the variables are of, where these may change before its fields are looked at. */
  head?: Head | undefined;
}

/** The same, with a signal that need not be there yet, in a runtime's own way. */
export function makeRequest(
  variables: Variables,
  parts: LateRequestParts,
  source: SignalSource,
  construct: Construct,
): Request {
  const { contentLength, body = null, urlFrom, stripPrefix } = parts;
  const method = readMethod(variables, contentLength);
  if (!isUsual(method) && (!TOKEN.test(method) || FORBIDDEN.test(method))) throw badMethod(method);
  if (takesBody(method)) checkLength(variables, contentLength);
  let url = readUrl(variables, urlFrom);
  if (stripPrefix !== undefined && stripPrefix !== false) {
    url = stripMount(url, stripPrefix, variables);
  }
  // A runtime that makes GET of `get` would refuse its body before it can be seen to.
  const sent = body !== null && takesBody(method.toUpperCase()) ? body : null;
  let request: Request;
  try {
    request = construct(url, method, sent, new Late(variables, method, parts, source));
  } catch (cause) {
    // No runtime refuses such a method, so what it refuses here is the host.
    throw badHost(variables.HTTP_HOST || variables.SERVER_NAME || String(cause));
  }
  if (request.method !== method) throw badMethod(method);
  return request;
}

function isUsual(method: string): boolean {
  return method === "GET" || method === "POST" || method === "HEAD";
}

class Late implements LateParts {
  readonly #variables: Variables;
  readonly #method: string;
  readonly #parts: LateRequestParts;
  readonly #source: SignalSource;

  constructor(
    variables: Variables,
    method: string,
    parts: LateRequestParts,
    source: SignalSource,
  ) {
    this.#variables = variables;
    this.#method = method;
    this.#parts = parts;
    this.#source = source;
  }

  get signal(): AbortSignal | undefined {
    return this.#source.signal;
  }

  fields(add: (name: string, value: string) => void): void {
    const { head, contentLength } = this.#parts;
    const variables = head === undefined ? this.#variables : readVariables(head);
    eachField(variables, this.#method, contentLength, add);
  }
}

/** Makes a Request with everything in it. */
export const constructRequest: Construct = (url, method, body, late) => {
  // What is not given has not to be read: on Node that is a quarter of the cost.
  const init: RequestInit & { duplex?: string } = {};
  if (method !== "GET") init.method = method;
  if (body !== null) {
    // A byte array over any buffer is missing in some of the type libraries.
    init.body = toInit(body) as BodyInit;
    init.duplex = "half";
  }
  const { signal } = late;
  if (signal !== undefined) init.signal = signal;
  const request = new Request(url, init);
  // An init dictionary of headers costs more than twice that on Deno.
  const { headers } = request;
  late.fields((name, value) => headers.append(name, value));
  return request;
};

/** A body as a constructor takes it. */
export function toInit(
  body: NonNullable<RequestBody> | ArrivingBody,
): NonNullable<RequestBody> {
  return "stream" in body ? body.stream : body;
}

function checkLength({ HTTP_CONTENT_LENGTH: sent }: Variables, contentLength: number): void {
  if (!sent || Number(sent) === contentLength && /^[0-9]+$/.test(sent)) return;
  throw new ScgiError(
    "LENGTH_MISMATCH",
    `CONTENT_LENGTH is ${contentLength}, but HTTP_CONTENT_LENGTH is ${quoted(sent)}. ` +
      "Either this is nginx before 1.29.6 with scgi_request_buffering off, which needs " +
      "`scgi_param CONTENT_LENGTH $content_length if_not_empty;`, or the location passes no body " +
      "on, as for auth_request, and needs `scgi_param CONTENT_LENGTH 0; scgi_param " +
      'HTTP_CONTENT_LENGTH "";`',
    { status: 400 },
  );
}

function badMethod(method: string): ScgiError {
  return new ScgiError(
    "METHOD_UNSUPPORTED",
    `The method ${quoted(method)} is not one that a Request can have`,
    { status: 501 },
  );
}
