/**
 * The reply that a Response of a file makes: the whole file, the part that the body stands for, or the
 * range that the request asks for, as the one runtime decides it whose server answers ranges.
 *
 * @module
 */

import { utf8ToLatin1 } from "../scgi/latin1.ts";
import { type ByteRange, requestedRange } from "./byte-range.ts";
import type { Variables } from "./variables.ts";

/** A file, or a part of one, that is a body. */
export interface FileContent extends ByteRange {
  /** The name without its folder. */
  readonly name: string | undefined;
  /** The length of the file in bytes. */
  readonly size: number;
  /** Whether the body stands for the whole file. */
  readonly whole: boolean;
}

/** The head of a reply, and the bytes of the file that are its body. */
export interface FileReply extends ByteRange {
  readonly head: Response;
  /** The Content-Type where the head has none. */
  readonly type: string | undefined;
}

/** Matches the types that a browser shows, so that the file needs no name to be saved under. */
const SHOWN = /^(?:(?:text|image|audio|video|font)\/|application\/(?:json|wasm)(?:;|$))/;
// deno-lint-ignore no-control-regex
const UNQUOTABLE = /[\0-\x1f"\x7f]/;

/**
 * Decides the reply to a request for a file.
 *
 * @param type The type of the body, which the headers have unless the app has set another.
 * @param typed Whether the app has set a type.
 * @param variables The variables of the request, if it is a GET.
 */
export function toFileReply(
  response: Response,
  file: FileContent,
  type: string,
  typed: boolean,
  variables: Variables | undefined,
): FileReply {
  const { status, statusText, headers } = response;
  const { start, end, size } = file;
  // The app has set no field.
  const bare = !typed &&
    [...headers].every(([name, value]) => name === "content-type" && value === type);
  const fields = new Headers(headers);
  if (start > 0 || end < size) {
    // The status is not looked at, but fields of the app are taken to describe the part.
    const partial = bare || headers.has("content-range");
    if (bare) fields.set("content-range", `bytes ${start}-${Math.max(start, end - 1)}/*`);
    addName(fields, file.name, type);
    const init = partial ? { status: 206 } : { status, statusText };
    return { head: new Response(null, { ...init, headers: fields }), type, start, end };
  }
  const range = variables !== undefined && file.whole && status === 200 &&
      !headers.has("content-range")
    ? requestedRange(variables, headers, size)
    : undefined;
  if (range === undefined) {
    const named = addName(fields, file.name, type);
    const head = named ? new Response(null, { status, statusText, headers: fields }) : response;
    return { head, type, start, end };
  }
  fields.append("accept-ranges", "bytes");
  if (range === "unsatisfiable") {
    if (bare) fields.delete("content-type");
    fields.set("content-range", `bytes */${size}`);
    const head = new Response(null, { status: 416, headers: fields });
    return { head, type: undefined, start: 0, end: 0 };
  }
  fields.set("content-range", `bytes ${range.start}-${range.end - 1}/${size}`);
  addName(fields, file.name, type);
  return { head: new Response(null, { status: 206, headers: fields }), type, ...range };
}

/** Adds the name to save the file under, where that is of use. */
function addName(headers: Headers, name: string | undefined, type: string): boolean {
  const shown = headers.get("content-type") ?? type;
  if (name === undefined || shown === "" || SHOWN.test(shown)) return false;
  if (UNQUOTABLE.test(name) || headers.has("content-disposition")) return false;
  headers.set("content-disposition", `filename="${utf8ToLatin1(name)}"`);
  return true;
}
