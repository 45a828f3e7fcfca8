/**
 * What can go wrong with a request to an SCGI server, each with its code, its sentence, and the
 * status that a gateway answers it with.
 *
 * @module
 */

import { formatAddress, type ParsedAddress } from "../address.ts";
import { ScgiError, type ScgiErrorCode } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";

/** What to do about an error of the system, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there. Start the server, or name its address",
  ENOENT: "there is no such socket. Start the server, or name its path",
  EACCES: "permission is denied. The socket's mode or group must let this user in",
  EPERM: "permission is denied. The socket's mode or group must let this user in",
  EAGAIN: "too many connections wait there already",
  ENOTFOUND: "there is no host of that name",
  EHOSTUNREACH: "the host cannot be reached from this machine",
  ENETUNREACH: "its network cannot be reached from this machine",
};

/** The server cannot be connected to. */
export function unreachable(address: ParsedAddress, cause: unknown): ScgiError {
  const { code = "", message } = (cause ?? {}) as { code?: string; message?: string };
  const why = ADVICE[code] ?? message ?? "the connection was closed";
  return fault("CONNECT_FAILED", 502, `Cannot connect to ${formatAddress(address)}: ${why}`, cause);
}

/** The server does not accept connections. */
export function connectTooSlow(address: ParsedAddress, ms: number): ScgiError {
  return fault(
    "CONNECT_TIMEOUT",
    504,
    `Cannot connect to ${formatAddress(address)}: it did not answer within ${ms} ms`,
  );
}

/** The server neither takes the request nor replies to it. */
export function replyTooSlow(address: ParsedAddress, ms: number): ScgiError {
  return fault(
    "REPLY_TIMEOUT",
    504,
    `The SCGI server at ${formatAddress(address)} was silent for ${ms} ms`,
  );
}

/** The reply ended in the middle, or went on beyond its end. */
export function notWhole(why: string, cause?: unknown): ScgiError {
  return fault("REPLY_INVALID", 502, `The SCGI server's reply is not whole: ${why}`, cause);
}

/** The body of the request is not what its length says. */
export function wrongLength(length: number): ScgiError {
  return fault(
    "REQUEST_LENGTH",
    400,
    `The body of the request does not have the ${length} bytes that its Content-Length says`,
  );
}

/** The body of the request has no known length, and is too long to be kept. */
export function tooLong(limit: number): ScgiError {
  return fault(
    "BODY_TOO_LARGE",
    413,
    `The body is over ${limit} bytes. SCGI needs its length first, so give it a Content-Length, ` +
      "or raise maxBufferedBytes",
  );
}

/** The runtime's Request has another method than it was given. */
export function alteredMethod(method: string): ScgiError {
  return fault(
    "METHOD_UNSUPPORTED",
    501,
    `The method ${quoted(method)} cannot be sent: this runtime's Request alters it`,
  );
}

/** The method is none, or none that a Request can have. */
export function badMethod(method: string): ScgiError {
  return fault(
    "METHOD_UNSUPPORTED",
    501,
    `The method ${JSON.stringify(method)} is not one that a Request can have. ` +
      "Set the variable REQUEST_METHOD to send it all the same",
  );
}

function fault(code: ScgiErrorCode, status: number, message: string, cause?: unknown): ScgiError {
  return new ScgiError(code, message, { status, cause });
}
