/**
 * The failures of an SCGI request, each with its code, its sentence and its status.
 *
 * @see https://python.ca/scgi/protocol.txt
 * @module
 */

import { ScgiError } from "../errors.ts";

/** The client disconnected during its upload. */
export function bodyCut(remaining: number, cause?: unknown): ScgiError {
  return new ScgiError(
    "BODY_CUT",
    `The client disconnected with ${remaining} bytes of the body unsent`,
    { status: 400, cause },
  );
}

/** The connection ended before the head was whole. */
export function headCut(): ScgiError {
  return new ScgiError("HEAD_CUT", "The connection ended inside the head of the SCGI request", {
    status: 400,
  });
}

/** The head is longer than `maxHeaderBytes`. */
export function tooLong(maxBytes: number): ScgiError {
  return new ScgiError(
    "HEAD_TOO_LARGE",
    `The head is over ${maxBytes} bytes; send smaller headers or raise maxHeaderBytes`,
    { status: 431 },
  );
}

/** The head has more variables than `maxHeaders`, of which each has a name and a value. */
export function tooMany(maxStrings: number): ScgiError {
  return new ScgiError(
    "HEAD_TOO_LARGE",
    `The head has over ${maxStrings / 2} variables; send fewer header fields or raise maxHeaders`,
    { status: 431 },
  );
}

/** A byte stands before the colon of the netstring that is no digit. */
export function notNetstring(byte: number, digits: number): ScgiError {
  if (digits === 0 && byte === 0x16) {
    return invalid("it begins like TLS. Let the web server speak SCGI to this address");
  }
  if (digits === 0 && byte >= 0x41 && byte <= 0x5a) {
    return invalid("it begins like HTTP. Use scgi_pass, not proxy_pass, to reach this address");
  }
  return invalid("it does not begin with a length in digits and a colon");
}

/** The variable `SCGI` has another value than 1; an empty value is that of a missing variable. */
export function notMarked(value: string): ScgiError {
  return invalid(
    value === ""
      ? "the variable SCGI is missing. Include the web server's SCGI parameters: for nginx, " +
        "`include scgi_params;` beside scgi_pass"
      : "the variable SCGI is not 1",
  );
}

export const emptyHead = (): ScgiError => invalid("the head is empty");
export const leadingZero = (): ScgiError => invalid("the length of the head has a leading zero");
export const notFirst = (): ScgiError => invalid("CONTENT_LENGTH is not the first variable");
export const emptyName = (): ScgiError => invalid("a variable has an empty name");
export const unfinished = (): ScgiError => invalid("the last variable does not end in a NUL");
export const badLength = (): ScgiError => invalid("CONTENT_LENGTH must be a plain decimal number");
export const noComma = (): ScgiError => invalid("the netstring does not end in a comma");

function invalid(why: string): ScgiError {
  return new ScgiError("HEAD_INVALID", `This is not a valid SCGI request: ${why}`, { status: 400 });
}
