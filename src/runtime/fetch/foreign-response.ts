/**
 * Responses that the runtime's `Response` did not make, as the servers of its apps take them: on Node
 * those of npm's `undici`, `node-fetch` and others, which are objects with `status`, `headers` and
 * `body`. Bun and Deno take only their own.
 *
 * @module
 */

import { isBodyless, unusable } from "../../cgi/response.ts";
import { runtime } from "../known.ts";
import { cancel } from "./cancel.ts";
import { decodes, noteDecoded } from "./codings.ts";

/** A Response of another class. */
interface Foreign {
  readonly status: number;
  readonly statusText?: unknown;
  readonly headers: ForeignHeaders;
  /** An array of bytes where `node-fetch` 2 was given a text. */
  readonly body: ForeignBody | Uint8Array<ArrayBuffer> | null;
  readonly bodyUsed?: unknown;
  readonly url?: unknown;
}

/** Headers of another class, or a plain object. */
interface ForeignHeaders extends Partial<Iterable<readonly [name: string, value: string]>> {
  getSetCookie?(): readonly string[];
  /** As `node-fetch` has it, which joins the values of Set-Cookie when it is iterated. */
  raw?(): { readonly "set-cookie"?: readonly string[] };
}

/** A web stream of another class, or a stream of Node. */
interface ForeignBody extends Partial<AsyncIterable<Uint8Array>> {
  readonly locked?: unknown;
  getReader?(): ReadableStreamDefaultReader<Uint8Array>;
  destroy?(): unknown;
  /** How many bytes a decoder of `node:zlib` was given. */
  readonly bytesWritten?: unknown;
}

/**
 * The Response that is meant by an object of another class.
 *
 * @returns undefined where a server of this runtime takes the object for no Response.
 * @throws {ScgiError} `RESPONSE_INVALID` where its body was used.
 * @throws {RangeError} where a Response cannot have its status.
 */
export function toResponse(value: unknown): Response | undefined {
  if (runtime !== "node" || !isForeign(value)) return undefined;
  const { status, statusText = "", body, bodyUsed } = value;
  if (bodyUsed === true || body !== null && "locked" in body && body.locked) throw unusable();
  const headers = toHeaders(value.headers);
  const init = { status, statusText: String(statusText), headers };
  const content = body === null || body instanceof Uint8Array ? body : toStream(body);
  const response = make(content, init);
  const codings = headers.get("content-encoding");
  if (codings === null) return response;
  return noteDecoded(response, isDecoded(value, codings));
}

/** Makes a Response. A stream that it does not get is cancelled. */
function make(
  content: ReadableStream | Uint8Array<ArrayBuffer> | null,
  init: ResponseInit & { status: number },
): Response {
  let taken = false;
  try {
    const response = new Response(isBodyless(init.status) ? null : content, init);
    taken = !isBodyless(init.status);
    return response;
  } finally {
    if (!taken && content instanceof ReadableStream) void cancel(content);
  }
}

/** The stream of a Response by the runtime's getter, which `node-fetch` overrides on Bun. */
export function bodyOf(response: Response): Response["body"] {
  return runtime === "bun" ? Reflect.get(Response.prototype, "body", response) : response.body;
}

function isForeign(value: unknown): value is Foreign {
  if (typeof value !== "object" || value === null) return false;
  const { status, headers, body } = value as { [name in keyof Foreign]?: unknown };
  if (typeof status !== "number" || typeof headers !== "object" || headers === null) return false;
  if (typeof body !== "object") return false;
  if (body instanceof Uint8Array) return true;
  if (body !== null) return "getReader" in body || Symbol.asyncIterator in body;
  // An object literal without a stream is rather meant for another framework.
  return Object.getPrototypeOf(value) !== Object.prototype;
}

function toHeaders(foreign: ForeignHeaders): Headers {
  const headers = new Headers();
  const cookies = foreign.getSetCookie?.() ?? foreign.raw?.()["set-cookie"];
  const fields = typeof foreign[Symbol.iterator] === "function"
    ? foreign as Iterable<readonly [string, string]>
    : Object.entries(foreign);
  for (const [name, value] of fields) {
    if (cookies === undefined || name.toLowerCase() !== "set-cookie") headers.append(name, value);
  }
  for (const cookie of cookies ?? []) headers.append("set-cookie", cookie);
  return headers;
}

function toStream(body: ForeignBody): ReadableStream<Uint8Array> {
  if (body instanceof ReadableStream) return body;
  const reader = body.getReader?.();
  const iterator = reader === undefined ? body[Symbol.asyncIterator]!() : undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await (reader === undefined ? iterator!.next() : reader.read());
      if (done) controller.close();
      else controller.enqueue(value!);
    },
    async cancel(reason) {
      // An iterator waits with its return for the next chunk, which may never come.
      if (body.destroy !== undefined) body.destroy();
      else await (reader === undefined ? iterator!.return?.() : reader.cancel(reason));
    },
  }, { highWaterMark: 0 });
}

/** Whether another `fetch()` has decoded the body. */
function isDecoded({ url, body }: Foreign, codings: string): boolean {
  if (url === undefined || url === "" || body === null || body instanceof Uint8Array) return false;
  // The body of node-fetch is the decoder.
  if (body.getReader === undefined) return body.bytesWritten !== undefined;
  // Only undici, whose streams are the runtime's, decodes more than one coding.
  return decodes(codings) && (body instanceof ReadableStream || !codings.includes(","));
}
