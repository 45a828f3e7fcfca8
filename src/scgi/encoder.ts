/**
 * Encodes the head of an SCGI request from CGI variables.
 *
 * @see https://python.ca/scgi/protocol.txt
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "./printable.ts";
import { latin1Bytes } from "./latin1.ts";

const NUL = /\0/;
/** Matches a code unit that is no byte. */
const NOT_LATIN1 = /[\u0100-\uffff]/;

/**
 * Encodes the head of an SCGI request: `CONTENT_LENGTH`, `SCGI`, then the given variables, as one
 * netstring. The bytes of the body follow it unchanged.
 *
 * @param contentLength Length of the body in bytes.
 * @param variables Names and values, one code unit for each byte (latin1); repeats are kept.
 * @throws {ScgiError} `HEAD_INVALID` for a length that is not a whole number, for a name that is
 * empty, `CONTENT_LENGTH` or `SCGI`, for a NUL, and for a code unit over 0xFF.
 *
 * @example
 * ```ts
 * import { encodeHead } from "scgi/protocol";
 *
 * const head = encodeHead(0, [["REQUEST_METHOD", "GET"], ["REQUEST_URI", "/"]]);
 * console.log(new TextDecoder().decode(head.subarray(0, 3))); // 57:
 * ```
 */
export function encodeHead(
  contentLength: number,
  variables: Iterable<readonly [string, string]>,
): Uint8Array {
  if (!Number.isSafeInteger(contentLength) || contentLength < 0) {
    throw new ScgiError(
      "HEAD_INVALID",
      `The length of a body must be a whole number, not ${contentLength}`,
    );
  }
  return encode(`CONTENT_LENGTH\0${contentLength}\0SCGI\x001\0`, variables, true);
}

/**
 * Encodes the head of an SCGI request from all of its variables, `CONTENT_LENGTH` and `SCGI` among
 * them.
 *
 * @throws {ScgiError} `HEAD_INVALID` for an empty name, a NUL, and a code unit over 0xFF.
 */
export function encodePairs(variables: Iterable<readonly [string, string]>): Uint8Array {
  return encode("", variables, false);
}

function encode(
  start: string,
  variables: Iterable<readonly [string, string]>,
  setsOwn: boolean,
): Uint8Array {
  let text = start;
  for (const [name, value] of variables) {
    const reserved = setsOwn && (name === "CONTENT_LENGTH" || name === "SCGI");
    if (reserved || name === "" || NUL.test(name) || NUL.test(value)) throw invalid(name);
    text += `${name}\0${value}\0`;
  }
  // One look at all of it costs less than one at each name and value.
  if (NOT_LATIN1.test(text)) throw invalid(nameOfBad(text));
  return latin1Bytes(`${text.length}:${text},`);
}

/** The name before the first code unit that is no byte, or with it. */
function nameOfBad(text: string): string {
  const parts = text.split("\0");
  const index = parts.findIndex((part) => NOT_LATIN1.test(part));
  return parts[index - index % 2]!;
}

function invalid(name: string): ScgiError {
  return new ScgiError(
    "HEAD_INVALID",
    `The variable ${quoted(name)} cannot be sent: a name must not be empty, CONTENT_LENGTH ` +
      "or SCGI, and names and values must be bytes other than NUL",
  );
}
