/**
 * Builds a `Request` from CGI variables.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import type { Head } from "../scgi/head.ts";
import { eachField, eachFieldOnce, FORBIDDEN, readField, TOKEN } from "./fields.ts";
import { stripMount } from "./mount.ts";
import { badHost, readUrl, type UrlSource } from "./url.ts";
import { readVariables, type Variables } from "./variables.ts";

/** The parts of a request beside its variables. */
export interface RequestParts {
  /** Length of the body in bytes. */
  contentLength: number;
  /** The body; ignored for `GET` and `HEAD`. */
  body?: RequestBody | undefined;
  /** Becomes `request.signal`. */
  signal?: AbortSignal | undefined;
  /** The variables that the path is read from. `"request-uri"` unless set. */
  urlFrom?: UrlSource | undefined;
  /** The mount prefix to strip from the path, or `true` for the web server's `SCRIPT_NAME`. */
  stripPrefix?: string | boolean | undefined;
}

/** The parts of a `Request` that few handlers read, so that a runtime can create them lazily. */
export interface LazyParts {
  /** Calls `add` with each header field. */
  fields(add: (name: string, value: string) => void): void;
  /**
   * Gives the value of the header field of a name in lower case, or null where the request has none.
   * Returns undefined where `fields` has to be called for that.
   */
  field?(name: string): string | null | undefined;
  /** Becomes `request.signal`; undefined where the request cannot be aborted. */
  readonly signal: AbortSignal | undefined;
  /** Takes the controller that a runtime has made for the Request, in place of that of `signal`. */
  readonly adopt?: ((controller: AbortController) => void) | undefined;
  /** The declared length of the body in bytes, where the request comes from a client. */
  readonly contentLength?: number;
}

/** The body of a `Request`. */
export type RequestBody = Uint8Array | ReadableStream<Uint8Array> | null;

/** A body that arrives while it is read. */
export interface ArrivingBody {
  /** The body, piece by piece. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Whether all of the body has arrived. */
  readonly arrived: boolean;
  /** The stream that the handler has in the place of `stream`, which it reads. */
  outer?: ReadableStream<Uint8Array> | undefined;
  /** Reads the whole body at once, in place of the stream; rejects where the stream would fail. */
  whole(): Promise<Uint8Array>;
  /** As `whole()`, but calls `read` with bytes whose memory is used for other bodies after the call. */
  lend?<Result>(read: (bytes: Uint8Array) => Result): Promise<Result>;
  /**
   * Reads the body past a stream that nothing has read, which costs less than the stream does.
   *
   * @param lock The reader of the stream. Its stream then ends, fails and is cancelled with the body.
   */
  pieces?(lock: ReadableStreamDefaultReader<Uint8Array>): PieceReader;
}

/** Reads a body piece by piece. */
export interface PieceReader {
  /** Reads the next piece, or the end. */
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  /** Cancels the body. */
  cancel(reason?: unknown): Promise<void>;
  /** Takes back a piece that is not needed any longer, whose memory is used again. */
  release?(piece: Uint8Array): void;
}

/** Constructs a `Request`; throws where the URL is not valid. */
export type Construct = (
  url: string,
  method: string,
  body: RequestBody | ArrivingBody,
  lazy: LazyParts,
) => Request;

/**
 * The method of a request. Without `REQUEST_METHOD` it is `POST` for a request with a body, else
 * `GET`.
 */
export function readMethod(variables: Variables, contentLength: number): string {
  return variables.REQUEST_METHOD || (contentLength > 0 ? "POST" : "GET");
}

/** Whether a `Request` of this method can have a body. */
export function takesBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/**
 * The `Request` that a client sent, built from CGI variables.
 *
 * @throws {ScgiError} `METHOD_UNSUPPORTED` (501) for a method that the runtime's `Request` cannot
 * have, `LENGTH_MISMATCH` (400), `HOST_INVALID` (400), `TARGET_INVALID` (400), `PREFIX_MISMATCH`
 * (404).
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

/** Gives the signal of a request when `request.signal` is read, or takes the controller of it. */
export interface SignalSource {
  readonly signal?: AbortSignal | undefined;
  /** {@inheritDoc LazyParts.adopt} */
  adopt?(controller: AbortController): void;
}

/** The parts of a request beside its variables and its signal, for {@linkcode makeRequest}. */
export interface LazyRequestParts extends Omit<RequestParts, "signal" | "body"> {
  body?: RequestBody | ArrivingBody | undefined;
  /** The head of the request, where `variables` may change before the header fields are read. */
  head?: Head | undefined;
}

/** As {@linkcode toRequest}, with a lazy signal and a runtime's own constructor. */
export function makeRequest(
  variables: Variables,
  parts: LazyRequestParts,
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
  // Some runtimes turn `get` into `GET` and refuse its body. The method is checked afterwards.
  const sent = body !== null && takesBody(method.toUpperCase()) ? body : null;
  let request: Request;
  try {
    const lazy = new LazyPartsOfHead(variables, method, parts, source);
    request = construct(url, method, sent, lazy);
  } catch (cause) {
    // The method has been checked, so the constructor refuses the host.
    throw badHost(variables.HTTP_HOST || variables.SERVER_NAME || String(cause));
  }
  if (request.method !== method) throw badMethod(method);
  return request;
}

function isUsual(method: string): boolean {
  return method === "GET" || method === "POST" || method === "HEAD";
}

class LazyPartsOfHead implements LazyParts {
  readonly #variables: Variables;
  readonly #method: string;
  readonly #parts: LazyRequestParts;
  readonly #source: SignalSource;

  constructor(
    variables: Variables,
    method: string,
    parts: LazyRequestParts,
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

  adopt(controller: AbortController): void {
    this.#source.adopt!(controller);
  }

  get contentLength(): number {
    return this.#parts.contentLength;
  }

  field(name: string): string | null | undefined {
    const { head } = this.#parts;
    return head && readField(head, this.#method, name);
  }

  fields(add: (name: string, value: string) => void): void {
    const { head, contentLength } = this.#parts;
    if (head !== undefined && eachFieldOnce(head, this.#method, add)) return;
    const variables = head === undefined ? this.#variables : readVariables(head);
    eachField(variables, this.#method, contentLength, add);
  }
}

/** Constructs a `Request` of the runtime, with no lazy parts. */
export const constructRequest: Construct = (url, method, body, lazy) => {
  // Fewer properties to read save a quarter of the cost on Node.
  const init: RequestInit & { duplex?: string } = {};
  if (method !== "GET") init.method = method;
  if (body !== null) {
    // The BodyInit of some type libraries lacks byte arrays over a SharedArrayBuffer.
    init.body = toInit(body) as BodyInit;
    init.duplex = "half";
  }
  const { signal } = lazy;
  if (signal !== undefined) init.signal = signal;
  const request = new Request(url, init);
  // On Deno, headers in the init dictionary would cost more than twice as much.
  const { headers } = request;
  lazy.fields((name, value) => headers.append(name, value));
  return request;
};

/** A body in a form that the constructor of `Request` accepts. */
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
    `A Request cannot have the method ${quoted(method)}`,
    { status: 501 },
  );
}
