/**
 * Answers a request for a part of a file, where its response stands for the whole file.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 * @module
 */

import type { Variables } from "./variables.ts";

/** A part of a file in bytes: from `start` up to, and without, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Matches one range, with the optional spaces of the field that its only recipient may ignore. */
const ONE_RANGE = /^[ \t]*bytes[ \t]*=[ \t]*(\d*)[ \t]*-[ \t]*(\d*)[ \t]*$/i;
/** The largest position that is read; a field with a larger one is ignored. */
const MAX_POSITION = 2n ** 64n - 1n;

/**
 * Reads the field `Range` for a file of so many bytes.
 *
 * @returns the range; `unsatisfiable` where the file has no byte of it; undefined where the field is
 * ignored, as one of several ranges is.
 */
export function readRange(field: string, size: number): ByteRange | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = ONE_RANGE.exec(field) ?? [];
  if (first === "" && last === "") return undefined;
  if (isTooLarge(first) || isTooLarge(last)) return undefined;
  if (first === "") {
    const length = Number(last);
    if (length === 0) return "unsatisfiable";
    return size === 0 ? undefined : { start: Math.max(0, size - length), end: size };
  }
  const start = Number(first);
  if (start >= size) return "unsatisfiable";
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return end > start ? { start, end } : undefined;
}

function isTooLarge(position: string): boolean {
  return position.length > 15 && BigInt(position) > MAX_POSITION;
}

/**
 * The part of a file that a request asks for: by its field `Range`, if its field `If-Range` is the
 * entity tag or the date of the response.
 *
 * @param headers The headers of the response.
 */
export function requestedRange(
  variables: Variables,
  headers: Headers,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const { HTTP_RANGE: range, HTTP_IF_RANGE: condition } = variables;
  if (range === undefined) return undefined;
  return condition && !holds(condition, headers) ? undefined : readRange(range, size);
}

/** Whether the field `If-Range` is true of a response. A weak entity tag never matches. */
function holds(condition: string, headers: Headers): boolean {
  if (!condition.startsWith('"')) return headers.get("last-modified") === condition;
  return unquoted(headers.get("etag") ?? "") === unquoted(condition);
}

function unquoted(tag: string): string {
  return tag.replace(/^"(.*)"$/, "$1");
}
