/**
 * The Content-Type of a response without that header: the type that the runtime's own server would add.
 * On Bun only the server adds it; on Deno and Node `response.headers` has it from the start.
 *
 * @module
 */

import { runtime } from "../known.ts";
import { typeOf } from "./blob.ts";
import type { RecordedBody, RecordedOther } from "./recorded-body.ts";

const TEXT = "text/plain;charset=utf-8";
const BYTES = "application/octet-stream";
const FORM = "application/x-www-form-urlencoded;charset=UTF-8";
/** How many bytes of a body decide its type. */
const SNIFFED_BYTES = 4096;

// deno-lint-ignore no-control-regex
const BINARY = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/;
const ASCII = /^[\0-\x7f]*$/;

/**
 * The type that a body implies; undefined where the runtime's server adds no type.
 *
 * @param start The first bytes of the body, as far as they are known.
 * @param fetched Whether `fetch()` made the Response.
 */
export function impliedType(
  body: RecordedBody | undefined,
  start?: Uint8Array,
  fetched?: boolean,
): string | undefined {
  return runtime === "bun" ? ofBun(body, start, fetched) : undefined;
}

function ofBun(
  body: RecordedBody | undefined,
  start?: Uint8Array,
  fetched = false,
): string | undefined {
  if (typeof body === "string") return body === "" ? undefined : TEXT;
  switch (body?.kind) {
    case "bytes":
      return body.length === 0 ? undefined : BYTES;
    case "blob":
      return typeOf(body.blob) || sniff(start, true);
    case "other":
      return fetched ? start && BYTES : ofOther(body, start);
    case "stream":
      return body.taken === undefined ? undefined : ofTaken(body.taken, start);
    default:
      return undefined;
  }
}

function ofOther({ body }: RecordedOther, start: Uint8Array | undefined): string | undefined {
  // Bun treats clones of text and of bytes alike.
  if (body === undefined) return sniff(start, false);
  if (body instanceof URLSearchParams) return FORM;
  if (body instanceof FormData) return formType(start);
  // The property is not read, since its getter may be the app's.
  if (body instanceof AsyncGeneratorFunction || Symbol.asyncIterator in body) return undefined;
  if (body instanceof String) return TEXT;
  // Bun converts other objects to text.
  const wrappers = [Date, URL, Headers, Request, Response];
  return wrappers.some((wrapper) => body instanceof wrapper) ? BYTES : sniff(start, true);
}

/** Bun keeps the type of a body that is another Response's stream, except for text. */
function ofTaken(taken: RecordedBody, start: Uint8Array | undefined): string | undefined {
  if (typeof taken === "object" && taken.kind === "blob" && typeOf(taken.blob) !== "") {
    return typeOf(taken.blob);
  }
  const type = ofBun(taken, start);
  return type === TEXT ? BYTES : type;
}

const AsyncGeneratorFunction = (async function* () {}).constructor as FunctionConstructor;

/** The first line of a form is its boundary. */
function formType(start: Uint8Array | undefined): string | undefined {
  const boundary = /^--(.+?)(?:--)?\r\n/.exec(new TextDecoder().decode(start))?.[1];
  return boundary && `multipart/form-data; boundary=${boundary}`;
}

function sniff(start: Uint8Array | undefined, ascii: boolean): string | undefined {
  if (start === undefined || start.length === 0) return undefined;
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    // The last character may be incomplete.
    const stream = start.length > SNIFFED_BYTES;
    const text = decoder.decode(start.subarray(0, SNIFFED_BYTES), { stream });
    return BINARY.test(text) || ascii && !ASCII.test(text) ? BYTES : TEXT;
  } catch {
    return BYTES;
  }
}
