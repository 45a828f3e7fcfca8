/**
 * The Content-Type that a reply gets where its Response has none: the one that the runtime's own
 * server would add. Bun alone keeps it back until then; Deno and Node show it in the headers.
 *
 * @module
 */

import { runtime } from "../detect.ts";
import type { RecordedBody, RecordedOther } from "./recording.ts";

const TEXT = "text/plain;charset=utf-8";
const BYTES = "application/octet-stream";
const FORM = "application/x-www-form-urlencoded;charset=UTF-8";
/** How much of a body is looked at. */
const SNIFFED_BYTES = 4096;

// deno-lint-ignore no-control-regex
const BINARY = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/;
const ASCII = /^[\0-\x7f]*$/;

/**
 * The type that a body implies; undefined where none is added.
 *
 * @param start Bytes that the body begins with, as far as they are there.
 * @param fetched Whether the Response is one of `fetch()`.
 */
export const impliedType: (
  body: RecordedBody | undefined,
  start?: Uint8Array,
  fetched?: boolean,
) => string | undefined = runtime === "bun" ? ofBun : () => undefined;

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
      // A class of the app may have another getter.
      return Reflect.get(Blob.prototype, "type", body.blob) || sniff(start, true);
    case "other":
      return fetched ? start && BYTES : ofOther(body, start);
    case "stream":
      return body.taken === undefined ? undefined : ofTaken(body.taken, start);
    default:
      return undefined;
  }
}

function ofOther({ body }: RecordedOther, start: Uint8Array | undefined): string | undefined {
  // Bun does not tell a clone of a text from a clone of bytes.
  if (body === undefined) return sniff(start, false);
  if (body instanceof URLSearchParams) return FORM;
  if (body instanceof FormData) return formType(start);
  // A getter may be the app's.
  if (body instanceof AsyncGeneratorFunction || Symbol.asyncIterator in body) return undefined;
  if (body instanceof String) return TEXT;
  // Of other objects Bun makes a text.
  const wrappers = [Date, URL, Headers, Request, Response];
  return wrappers.some((wrapper) => body instanceof wrapper) ? BYTES : sniff(start, true);
}

/** Bun knows the type of a stream that is the body of a Response, but not that it was a text. */
function ofTaken(taken: RecordedBody, start: Uint8Array | undefined): string | undefined {
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
    // A character may be cut.
    const stream = start.length > SNIFFED_BYTES;
    const text = decoder.decode(start.subarray(0, SNIFFED_BYTES), { stream });
    return BINARY.test(text) || ascii && !ASCII.test(text) ? BYTES : TEXT;
  } catch {
    return BYTES;
  }
}
