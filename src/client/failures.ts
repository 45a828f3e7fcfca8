/**
 * The failures of a request to an SCGI server, each with its code, its message, and the status of a
 * gateway's response.
 *
 * @module
 */

import { formatAddress, type ParsedAddress } from "../address.ts";
import { ScgiError, type ScgiErrorCode } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";

const DENIED = "permission is denied. Change the mode or group of the socket to include this user";

/** The cause of a system error and what to do, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "no server listens there. Start the server, or correct the address",
  ENOENT: "the socket does not exist. Start the server, or correct the path",
  EACCES: DENIED,
  EPERM: DENIED,
  EAGAIN: "the backlog of the server is full",
  ENOTFOUND: "the host name was not found",
  EHOSTUNREACH: "the host cannot be reached from this machine",
  ENETUNREACH: "the network cannot be reached from this machine",
};

export function unreachable(address: ParsedAddress, cause: unknown): ScgiError {
  const { code = "", message } = (cause ?? {}) as { code?: string; message?: string };
  const why = ADVICE[code] ?? message ?? "the connection was closed";
  return failure(
    "CONNECT_FAILED",
    502,
    `Cannot connect to ${formatAddress(address)}: ${why}`,
    cause,
  );
}

export function connectTimedOut(address: ParsedAddress, ms: number): ScgiError {
  return failure(
    "CONNECT_TIMEOUT",
    504,
    `Cannot connect to ${formatAddress(address)}: no connection within ${ms} ms`,
  );
}

/** The server accepted no bytes of the request, or sent no head of a response. */
export function responseTimedOut(address: ParsedAddress, ms: number): ScgiError {
  return failure(
    "REPLY_TIMEOUT",
    504,
    `The SCGI server at ${formatAddress(address)} did not respond within ${ms} ms`,
  );
}

/** The response ended too early. */
export function invalidResponse(why: string, cause?: unknown): ScgiError {
  return failure("REPLY_INVALID", 502, `The response of the SCGI server is invalid: ${why}`, cause);
}

/** The connection ended before a byte of the response. */
export function noResponse(cause?: unknown): ScgiError {
  return invalidResponse(
    "the server closed the connection without a byte. Its log may say why. uWSGI does so if the " +
      "app has failed, if the head of the request is longer than its --buffer-size, and for apps " +
      "in some languages without --scgi-modifier1 (--scgi-modifier1 14 for PHP, 6 for Lua)",
    cause,
  );
}

/** The body of the request is longer or shorter than its Content-Length. */
export function wrongLength(length: number): ScgiError {
  return failure(
    "REQUEST_LENGTH",
    400,
    `The body of the request does not have the ${length} bytes of its Content-Length`,
  );
}

/** The body of the request has no known length, and is too long to be buffered. */
export function tooLong(limit: number): ScgiError {
  return failure(
    "BODY_TOO_LARGE",
    413,
    `The body is over ${limit} bytes. SCGI needs its length first, so give it a Content-Length, ` +
      "or raise maxBufferedBytes",
  );
}

/** The runtime's Request changed the method that it was made with. */
export function alteredMethod(method: string): ScgiError {
  return failure(
    "METHOD_UNSUPPORTED",
    501,
    `The method ${quoted(method)} cannot be sent: the Request of this runtime changes it`,
  );
}

/** The method is not a token, or a Request cannot have it. */
export function badMethod(method: string): ScgiError {
  return failure(
    "METHOD_UNSUPPORTED",
    501,
    `A Request cannot have the method ${JSON.stringify(method)}. ` +
      "To send it, set the variable REQUEST_METHOD",
  );
}

function failure(code: ScgiErrorCode, status: number, message: string, cause?: unknown): ScgiError {
  return new ScgiError(code, message, { status, cause });
}
