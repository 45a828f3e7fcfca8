/**
 * What can go wrong on a connection, each with its code, its sentence and its status.
 *
 * @module
 */

import { formatAddress, type ListenAddress } from "../address.ts";
import { ScgiError, textResponse } from "../errors.ts";

/** The client left. */
export function gone(cause?: unknown): ScgiError {
  return new ScgiError("CLIENT_GONE", "The client left", { cause });
}

/** Whether an error says no more than that the client left. */
export function isDeparture(error: unknown): boolean {
  return error instanceof ScgiError && (error.code === "CLIENT_GONE" || error.code === "BODY_CUT");
}

/** The reply was sent while nobody read the body. */
export function bodyUnread(): ScgiError {
  return new ScgiError(
    "BODY_CUT",
    "The body was dropped: nobody read it before the reply was sent",
  );
}

/** The body is longer than the server takes. */
export function bodyTooLarge(limit: number): ScgiError {
  return new ScgiError("BODY_TOO_LARGE", `The body is over ${limit} bytes`, { status: 413 });
}

/** The body stalled. */
export function bodyTooSlow(): ScgiError {
  return new ScgiError("BODY_TIMEOUT", "The body came too slowly", { status: 408 });
}

/** Bytes came after the body. */
export function bodySurplus(): ScgiError {
  return new ScgiError(
    "BODY_SURPLUS",
    "More bytes came than CONTENT_LENGTH declares, and were ignored. Cherokee sends chunked " +
      "uploads so: their bodies are lost",
  );
}

/** The head trickled in. */
export function headTooSlow(): ScgiError {
  return new ScgiError("HEAD_TIMEOUT", "The head came too slowly", { status: 408 });
}

/** The handler gave no Response in time. */
export function handlerTooSlow(): ScgiError {
  return new ScgiError("REQUEST_TIMEOUT", "The handler took too long", { status: 504 });
}

/** The peer does not take the reply. */
export function readerTooSlow(): ScgiError {
  return new ScgiError("WRITE_TIMEOUT", "The peer took the reply too slowly");
}

/** A peer that may not connect did. */
export function peerRefused(address: string | undefined): ScgiError {
  return new ScgiError(
    "PEER_REFUSED",
    `A connection from ${address ?? "a peer that has left"} was closed: allow does not name it`,
  );
}

/** Machines other than this one can connect, and nothing says which may. */
export function listensWidely(address: ListenAddress): ScgiError {
  return new ScgiError(
    "LISTENS_WIDELY",
    `${formatAddress(address)} can be reached from other machines, and who connects can set ` +
      "REMOTE_USER and every other variable. Name the web servers in allow (--allow ADDRESS)",
  );
}

/** As many connections are open as there may be; this is not told to a client. */
export function full(most: number): ScgiError {
  return new ScgiError(
    "TOO_MANY_CONNECTIONS",
    `${most} connections are open; who connects now waits to be accepted`,
    { status: 503 },
  );
}

/** Too many connections are open. */
export function busy(): ScgiError {
  return new ScgiError("TOO_MANY_CONNECTIONS", "The server is busy; try again later", {
    status: 503,
  });
}

/** The server ends. */
export function stopped(): ScgiError {
  return new ScgiError("SHUTDOWN", "The server is stopping; try again", { status: 503 });
}

/** The handler gave something else. */
export function notResponse(value: unknown): ScgiError {
  const what = value === null ? "null" : `a value of type ${typeof value}`;
  return new ScgiError("RESPONSE_INVALID", `The answer is ${what}, and no Response`, {
    status: 500,
  });
}

/** The answer to what nobody foresaw: it tells the client nothing. */
export function internalServerError(): Response {
  return textResponse(500, "Internal Server Error");
}
