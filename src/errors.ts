/**
 * The error class of this package: each error has a stable code, a message that says what to do,
 * and, where a response reports it, an HTTP status.
 *
 * @module
 */

/** A message is cut at this length, in UTF-16 code units. */
const MESSAGE_LENGTH = 1024;

/** Identifies the kind of a {@linkcode ScgiError}. Codes stay the same between versions. */
export type ScgiErrorCode =
  /** The head of the request breaks the SCGI specification. */
  | "HEAD_INVALID"
  /** The head claims more bytes than `maxHeaderBytes`, or has more variables than `maxHeaders`. */
  | "HEAD_TOO_LARGE"
  /** The peer ended the connection inside the head. */
  | "HEAD_CUT"
  /** The head did not arrive within `headTimeout`. */
  | "HEAD_TIMEOUT"
  /** `HTTP_CONTENT_LENGTH` and `CONTENT_LENGTH` differ. */
  | "LENGTH_MISMATCH"
  /** The host of the request is not a plain `host[:port]`. */
  | "HOST_INVALID"
  /** Web servers resolve the request target to a different path than a URL does. */
  | "TARGET_INVALID"
  /** A `Request` cannot have the method. */
  | "METHOD_UNSUPPORTED"
  /** The path does not begin with `stripPrefix`. */
  | "PREFIX_MISMATCH"
  /** The body is longer than `maxBodyBytes`, or than `maxBufferedBytes` where its length is unknown. */
  | "BODY_TOO_LARGE"
  /** The peer disconnected before the body was whole. */
  | "BODY_CUT"
  /** A read of the body waited longer than `bodyTimeout`. */
  | "BODY_TIMEOUT"
  /** The request has trailing data: more bytes than its head declares. */
  | "BODY_SURPLUS"
  /** The client disconnected. */
  | "CLIENT_GONE"
  /** The handler took longer than `requestTimeout`. */
  | "REQUEST_TIMEOUT"
  /** The peer accepted no bytes of the response for `writeTimeout`. */
  | "WRITE_TIMEOUT"
  /** More than `maxConnections` connections are open. */
  | "TOO_MANY_CONNECTIONS"
  /** Other machines can connect, and the option `allow` is not set. */
  | "LISTENS_WIDELY"
  /** `allow` does not name the peer. */
  | "PEER_REFUSED"
  /** The shutdown aborted the request, which took longer than the shutdown waits. */
  | "SHUTDOWN"
  /** The value that the handler returned cannot be sent. */
  | "RESPONSE_INVALID"
  /** The head of a response is longer than web servers accept by default. */
  | "RESPONSE_HEAD_LARGE"
  /** The web server does not know the status of a response, and sends another. */
  | "STATUS_UNSUPPORTED"
  /** The body of a response is longer or shorter than its Content-Length. */
  | "RESPONSE_LENGTH"
  /** The text or value of an address is not valid. */
  | "ADDRESS_INVALID"
  /** The server cannot listen on an address. */
  | "LISTEN_FAILED"
  /** The server whose path was taken over has not begun to stop. */
  | "PREDECESSOR_STAYS"
  /** The value of an option is not valid. */
  | "OPTION_INVALID"
  /** A request cannot be upgraded: its handshake is wrong, or its web server cannot do it. */
  | "UPGRADE_REFUSED"
  /** `sendFile` was given a path that leads out of `root` or is not the path of a file. */
  | "FILE_REFUSED"
  /** `sendFile` cannot tell which web server is to send the file. */
  | "SERVER_UNKNOWN"
  /** The head of a request to an SCGI server is longer than some servers accept by default. */
  | "REQUEST_HEAD_LARGE"
  /** The body of a request to an SCGI server is longer or shorter than its Content-Length. */
  | "REQUEST_LENGTH"
  /** An SCGI server cannot be reached. */
  | "CONNECT_FAILED"
  /** An SCGI server did not accept the connection within `connectTimeout`. */
  | "CONNECT_TIMEOUT"
  /** The response of an SCGI server breaks RFC 3875, or ended too soon. */
  | "REPLY_INVALID"
  /** The head of an SCGI server's response is over 64 KiB, or over 1000 lines. */
  | "REPLY_HEAD_TOO_LARGE"
  /** The response of an SCGI server has a status that a `Response` cannot have. */
  | "REPLY_STATUS"
  /** An SCGI server took no bytes of the request, or sent no response, for `replyTimeout`. */
  | "REPLY_TIMEOUT";

/** Optional properties of a {@linkcode ScgiError}. */
export interface ScgiErrorInit {
  /** Status of the response that reports the error. */
  status?: number | undefined;
  /** Header fields of that response. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The error that led to this error. */
  cause?: unknown;
}

/**
 * A failure that this package detected; errors of an app's own code stay as the app threw them.
 *
 * The reason of a request's signal, of a failed read of its body and of a cancelled response is a
 * `DOMException` named `AbortError`, or `TimeoutError` after a time-out, whose `cause` is this error.
 *
 * @example
 * ```ts
 * import { ScgiError } from "scgi";
 *
 * const error = new ScgiError("BODY_CUT", "The client disconnected during its upload");
 * console.log(error.code); // BODY_CUT
 * ```
 */
export class ScgiError extends Error {
  /** `"ScgiError"`. */
  override readonly name = "ScgiError";
  /** The kind of the error. */
  readonly code: ScgiErrorCode;
  /** Status of the response that reports the error; undefined where no response does. */
  readonly status: number | undefined;
  readonly #headers: Readonly<Record<string, string>> | undefined;

  /** The message is cut at 1024 UTF-16 code units. */
  constructor(code: ScgiErrorCode, message: string, init: ScgiErrorInit = {}) {
    // A message may quote input of any length.
    super(
      message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH - 1)}…` : message,
      init.cause === undefined ? undefined : { cause: init.cause },
    );
    this.code = code;
    this.status = init.status;
    this.#headers = init.headers;
  }

  /**
   * The response that reports this error to the client. Hono's error handler calls this method, so
   * that a stalled upload is a 408 in a Hono app, too, and not a 500.
   *
   * @throws {ScgiError} The error itself where it has no status: Hono then rethrows it, and it
   * reaches `onError`. (Hono logs no error that has a response.)
   */
  getResponse(): Response {
    if (this.status === undefined) throw this;
    return textResponse(
      this.status,
      this.status === 500 ? "Internal Server Error" : this.message,
      this.#headers,
    );
  }
}

/** The thrown value where it is a {@linkcode ScgiError}, else undefined. */
export function asScgiError(error: unknown): ScgiError | undefined {
  return isInstance(error, ScgiError) ? error : undefined;
}

/** `value instanceof type`, or false where that throws, as it does for a revoked proxy. */
export function isInstance<Type>(
  value: unknown,
  type: abstract new (...args: never[]) => Type,
): value is Type {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** A plain-text response of one line. */
export function textResponse(
  status: number,
  text: string,
  headers?: Readonly<Record<string, string>>,
): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain;charset=UTF-8", ...headers },
  });
}
