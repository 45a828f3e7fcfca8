/**
 * Parses the head of an SCGI request that is there in whole.
 *
 * @see https://python.ca/scgi/protocol.txt
 * @module
 */

import { isAscii } from "node:buffer";
import * as failures from "./failures.ts";
import { isAsciiText, latin1 } from "./latin1.ts";
import { followingSlot, internName, nameIn, START } from "./names.ts";

/** The head of an SCGI request: its variables as they were sent. */
export interface Head {
  /** Length of the body in bytes: the last `CONTENT_LENGTH` that is not empty. */
  readonly contentLength: number;
  /** Names and values in turn, in wire order, one UTF-16 code unit for each byte (latin1). */
  readonly pairs: readonly string[];
  /** Whether all names and values are ASCII, which needs no decoding as UTF-8. */
  readonly ascii?: boolean | undefined;
}

/** The first variable of every head, with the end of its name. */
export const FIRST_NAME = "CONTENT_LENGTH\0";

/** Number of names and values in the last head: the list of the next head begins with that length. */
let usualLength = 0;
/** Limits `usualLength`, so that a rare large head costs the heads after it little. */
const MAX_USUAL_LENGTH = 256;

/**
 * Splits a netstring into names and values, and checks the rules of the specification.
 *
 * @param maxStrings The maximum number of names and values together.
 */
export function parseHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxStrings: number,
): Head {
  const text = latin1(bytes, start, end);
  if (!text.startsWith(FIRST_NAME)) throw failures.notFirst();
  const pairs = new Array<string>(usualLength);
  let count = 0;
  let contentLength = -1;
  let scgi = "";
  let lengthsAreRight = true;
  let slot = START;
  for (let at = 0; at < text.length;) {
    if (count === maxStrings) throw failures.tooMany(maxStrings);
    let name: string, nameEnd: number;
    const following = followingSlot(slot, text, at);
    if (following >= 0) {
      slot = following;
      name = nameIn(slot);
      nameEnd = at + name.length;
    } else {
      nameEnd = text.indexOf("\0", at);
      if (nameEnd === at) throw failures.emptyName();
      if (nameEnd < 0) throw failures.unfinished();
      slot = internName(slot, text, at, nameEnd);
      name = slot < 0 ? text.substring(at, nameEnd) : nameIn(slot);
    }
    const valueEnd = text.indexOf("\0", nameEnd + 1);
    if (valueEnd < 0) throw failures.unfinished();
    const value = text.substring(nameEnd + 1, valueEnd);
    at = valueEnd + 1;
    if (name === "CONTENT_LENGTH") {
      if (count === 0) contentLength = parseLength(value);
      else if (isLength(value)) contentLength = Number(value);
      else if (value !== "") lengthsAreRight = false;
    } else if (name === "SCGI" && value !== "") {
      scgi = value;
    }
    pairs[count++] = name;
    pairs[count++] = value;
  }
  // This check is the last, so that a head with too many variables is refused for their number.
  if (!lengthsAreRight) throw failures.badLength();
  if (scgi !== "1") throw failures.notMarked(scgi);
  pairs.length = count;
  usualLength = Math.min(count, MAX_USUAL_LENGTH);
  // Of bytes that are more than the head, the body may not be ASCII.
  return { contentLength, pairs, ascii: isAscii(bytes) || isAsciiText(text) };
}

function parseLength(value: string): number {
  if (value === "0") return 0;
  if (!isLength(value)) throw failures.badLength();
  return Number(value);
}

/** Whether a text is a plain decimal number that a length can be. */
export function isLength(digits: string): boolean {
  return /^(?:0|[1-9][0-9]*)$/.test(digits) && Number.isSafeInteger(Number(digits));
}
