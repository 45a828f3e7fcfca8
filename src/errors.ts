/**
 * The one error class of this package: a stable code, a sentence that says what to do, and the
 * status that the client is given where there is one.
 *
 * @module
 */

/** The length that a message is cut at, in UTF-16 code units. */
const MESSAGE_LENGTH = 1024;

/** What went wrong, in a form that a program can compare; it stays the same between versions. */
export type ScgiErrorCode =
  /** The head breaks the SCGI specification, or names a request that cannot be one. */
  | "HEAD_INVALID"
  /** The head claims more bytes than `maxHeaderBytes`, or has more variables than `maxHeaders`. */
  | "HEAD_TOO_LARGE"
  /** The peer stopped sending before the head was whole. */
  | "HEAD_CUT"
  /** The head did not arrive within `headTimeout`. */
  | "HEAD_TIMEOUT"
  /** `HTTP_CONTENT_LENGTH` and `CONTENT_LENGTH` differ. */
  | "LENGTH_MISMATCH"
  /** The host of the request is no plain `host[:port]`. */
  | "HOST_INVALID"
  /** Web servers take the request target for another path than a URL has. */
  | "TARGET_INVALID"
  /** The method cannot be one of a `Request`. */
  | "METHOD_UNSUPPORTED"
  /** The path does not begin with `stripPrefix`. */
  | "PREFIX_MISMATCH"
  /** The body is longer than `maxBodyBytes`, or than `maxBufferedBytes` where its length is unknown. */
  | "BODY_TOO_LARGE"
  /** The peer left before the body was whole. */
  | "BODY_CUT"
  /** A read of the body waited longer than `bodyTimeout`. */
  | "BODY_TIMEOUT"
  /** More bytes came than the head declared. */
  | "BODY_SURPLUS"
  /** The client left. */
  | "CLIENT_GONE"
  /** The handler took longer than `requestTimeout`. */
  | "REQUEST_TIMEOUT"
  /** The peer did not take the reply within `writeTimeout`. */
  | "WRITE_TIMEOUT"
  /** More than `maxConnections` connections are open. */
  | "TOO_MANY_CONNECTIONS"
  /** Other machines can connect, and `allow` does not say which may. */
  | "LISTENS_WIDELY"
  /** `allow` does not name the peer. */
  | "PEER_REFUSED"
  /** The server was told to stop and did not wait longer for this request. */
  | "SHUTDOWN"
  /** What the handler returned cannot be sent. */
  | "RESPONSE_INVALID"
  /** The head of a reply is longer than web servers take by default. */
  | "RESPONSE_HEAD_LARGE"
  /** The stream of a reply gave another number of bytes than its Content-Length. */
  | "RESPONSE_LENGTH"
  /** An address cannot be understood. */
  | "ADDRESS_INVALID"
  /** An address cannot be listened on. */
  | "LISTEN_FAILED"
  /** An option has a value that it cannot have. */
  | "OPTION_INVALID"
  /** A script under `scgi run` wants a WebSocket, which SCGI cannot carry. */
  | "UPGRADE_UNSUPPORTED"
  /** A file is outside the folder that files may come from, or its path cannot be one. */
  | "FILE_REFUSED"
  /** Nothing says which web server is to send a file. */
  | "SERVER_UNKNOWN"
  /** The head of a request to an SCGI server is longer than some servers take by default. */
  | "REQUEST_HEAD_LARGE"
  /** The body of a request to an SCGI server gave another number of bytes than its Content-Length. */
  | "REQUEST_LENGTH"
  /** An SCGI server cannot be reached. */
  | "CONNECT_FAILED"
  /** An SCGI server did not accept the connection within `connectTimeout`. */
  | "CONNECT_TIMEOUT"
  /** An SCGI server's reply cannot be understood, or ended too soon. */
  | "REPLY_INVALID"
  /** The head of an SCGI server's reply has no end in sight. */
  | "REPLY_HEAD_TOO_LARGE"
  /** An SCGI server's reply has a status that no `Response` can have. */
  | "REPLY_STATUS"
  /** An SCGI server took nothing of the request, or gave no reply, for longer than `replyTimeout`. */
  | "REPLY_TIMEOUT";

/** What an error may carry beside its message. */
export interface ScgiErrorInit {
  /** The status that the client is given. */
  status?: number | undefined;
  /** The error behind this one. */
  cause?: unknown;
}

/**
 * Every failure that this package itself finds.
 *
 * @example
 * ```ts
 * import { ScgiError } from "scgi";
 *
 * const error = new ScgiError("BODY_CUT", "The client left in the middle of its upload");
 * console.log(error.code); // BODY_CUT
 * ```
 */
export class ScgiError extends Error {
  /** `"ScgiError"`. */
  override readonly name = "ScgiError";
  /** What went wrong, for programs. */
  readonly code: ScgiErrorCode;
  /** The status that the client is given; undefined where no reply tells of this error. */
  readonly status: number | undefined;

  /** Makes an error from its code, a sentence, and the status that goes with it. */
  constructor(code: ScgiErrorCode, message: string, init: ScgiErrorInit = {}) {
    // What comes from outside may stand in it.
    super(
      message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH - 1)}…` : message,
      init.cause === undefined ? undefined : { cause: init.cause },
    );
    this.code = code;
    this.status = init.status;
  }

  /**
   * The reply that tells the client of this error. Hono's error handler asks for it, so that an
   * upload that stalls is a 408 there as well and not a 500.
   *
   * @throws {ScgiError} The error itself where it has no status: Hono, which logs nothing that has
   * a reply, passes it on then, and `onError` is told.
   */
  getResponse(): Response {
    if (this.status === undefined) throw this;
    return textResponse(
      this.status,
      this.status === 500 ? "Internal Server Error" : this.message,
    );
  }
}

/** An error as one of this package; what is thrown can be anything. */
export function asScgiError(error: unknown): ScgiError | undefined {
  return isInstance(error, ScgiError) ? error : undefined;
}

/** Whether a value is of a class, also where asking that throws, as a revoked proxy does. */
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

/** A reply of one line. */
export function textResponse(status: number, text: string): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain;charset=UTF-8" },
  });
}
