/**
 * The failures of a connection, each with its code, its sentence and its status.
 *
 * @module
 */

import { formatAddress, type ListenAddress } from "../address.ts";
import { ScgiError, textResponse } from "../errors.ts";

/** The client disconnected. */
export function disconnected(cause?: unknown): ScgiError {
  return new ScgiError("CLIENT_GONE", "The client disconnected", { cause });
}

/** Whether a failure is a disconnect, and no fault of the app or the server. */
export function isDisconnect({ code, status }: ScgiError): boolean {
  return code === "CLIENT_GONE" || code === "BODY_CUT" && status !== undefined;
}

/** The response was sent before the body was read, which is no disconnect. */
export function bodyUnread(): ScgiError {
  return new ScgiError(
    "BODY_CUT",
    "The body was dropped: the handler did not read it before its response was sent",
  );
}

/** The body is longer than `maxBodyBytes`. */
export function bodyTooLarge(limit: number): ScgiError {
  return new ScgiError("BODY_TOO_LARGE", `The body is over ${limit} bytes`, { status: 413 });
}

/** A read of the body waited longer than `bodyTimeout`. */
export function bodyTooSlow(): ScgiError {
  return new ScgiError("BODY_TIMEOUT", "The body arrived too slowly", { status: 408 });
}

const LONG_UPLOADS =
  "Apache sends uploads that it inflates this way (SetInputFilter DEFLATE: leave it out), and " +
  "Cherokee chunked uploads (refuse them with 411, as `scgi config cherokee` does)";

/** Trailing data followed the declared body before the response had begun. */
export function bodyTooLong(declared: number): ScgiError {
  return new ScgiError(
    "BODY_SURPLUS",
    `The body is longer than the ${declared} bytes that CONTENT_LENGTH declares. ${LONG_UPLOADS}`,
    { status: 400 },
  );
}

/** Trailing data followed the declared body, too late to refuse the request. */
export function trailingData(): ScgiError {
  return new ScgiError(
    "BODY_SURPLUS",
    `Bytes after the length that CONTENT_LENGTH declares were ignored. ${LONG_UPLOADS}`,
  );
}

/** The head took longer than `headTimeout`. */
export function headTooSlow(): ScgiError {
  return new ScgiError("HEAD_TIMEOUT", "The head arrived too slowly", { status: 408 });
}

/** The handler took longer than `requestTimeout` for its Response. */
export function handlerTooSlow(): ScgiError {
  return new ScgiError("REQUEST_TIMEOUT", "The handler took too long", { status: 504 });
}

/** The peer took nothing of the response for `writeTimeout`. */
export function readerTooSlow(): ScgiError {
  return new ScgiError("WRITE_TIMEOUT", "The peer took the response too slowly");
}

/** A peer connected that `allow` does not name. */
export function peerRefused(address: string | undefined): ScgiError {
  return new ScgiError(
    "PEER_REFUSED",
    `A connection from ${address ?? "an unknown peer"} was closed: allow does not name it`,
  );
}

/** Other machines can connect, and `allow` does not name those that may. */
export function listensWidely(address: ListenAddress): ScgiError {
  return new ScgiError(
    "LISTENS_WIDELY",
    `${formatAddress(address)} can be reached from other machines, and every peer can set ` +
      "REMOTE_USER and every other variable. Name the web servers in allow (--allow ADDRESS)",
  );
}

/** The server whose socket was taken over goes on, without new connections. */
export function predecessorStays(address: ListenAddress): ScgiError {
  return new ScgiError(
    "PREDECESSOR_STAYS",
    `${
      formatAddress(address)
    } was taken over, but the server that had it has not begun to stop: it ` +
      "hangs, or is another program. It gets no new connections. Stop it",
  );
}

/** `maxConnections` are open, and further ones wait; no client is told of this. */
export function full(most: number): ScgiError {
  return new ScgiError(
    "TOO_MANY_CONNECTIONS",
    `${most} connections are open; further ones wait to be accepted`,
    { status: 503 },
  );
}

/** More than `maxConnections` are open. */
export function busy(): ScgiError {
  return new ScgiError("TOO_MANY_CONNECTIONS", "The server is busy; try again later", {
    status: 503,
  });
}

/** The server stops, and waits no longer. */
export function stopped(): ScgiError {
  return new ScgiError("SHUTDOWN", "The server is stopping; try again", { status: 503 });
}

/** The handler's value is not a Response. */
export function notResponse(value: unknown): ScgiError {
  const what = value === null ? "null" : `a value of type ${typeof value}`;
  return new ScgiError("RESPONSE_INVALID", `The answer must be a Response, and is ${what}`, {
    status: 500,
  });
}

/** The Response to any other failure: it tells the client nothing. */
export function internalServerError(): Response {
  return textResponse(500, "Internal Server Error");
}
