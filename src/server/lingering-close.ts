/**
 * The lingering close: what is left of a request is read and dropped after its response. A close with
 * bytes unread would reset the connection, and the web server would lose the response with it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 * @module
 */

import type { ScgiError } from "../errors.ts";
import type { IncomingBody } from "../transport/incoming-body.ts";
import type { Socket } from "../transport/socket.ts";
import * as failures from "./failures.ts";
import type { ServerInternals } from "./internals.ts";

/** The longest that a request is read after its response, in milliseconds. */
const TOTAL_MS = 60_000;
/** The time that a handler has to read on after its response, in milliseconds. */
const STALLED_MS = 1000;

/** The exchange whose request is left. */
export interface Answered {
  readonly body: IncomingBody | undefined;
  /** Fails reads of the body. */
  failBody(failure: ScgiError): void;
  readonly response: { readonly writer: { readonly flushed: boolean } };
}

export class LingeringClose {
  readonly #server: ServerInternals;
  readonly #socket: Socket;
  readonly #answered: Answered;
  /** When it began, or the response had left, in milliseconds. */
  #since: number;
  /** When the last bytes came, likewise. */
  #receivedAt: number;
  #received = 0;

  /** Ends our side of the connection, and begins to read. */
  constructor(server: ServerInternals, socket: Socket, answered: Answered) {
    this.#server = server;
    this.#socket = socket;
    this.#answered = answered;
    this.#since = this.#receivedAt = server.now();
    socket.shutdown();
    if (!this.#isRead) this.#dropBody();
  }

  /** Counts bytes that came; over `drainBytes` of them are enough. */
  received(bytes: number): void {
    this.#received += bytes;
    this.#receivedAt = this.#server.now();
    if (this.#isRead || this.#received <= this.#server.limits.drainBytes) return;
    if (this.#answered.response.writer.flushed) this.#socket.end();
    else this.#socket.read("pause");
  }

  /** Closes what has lasted too long. */
  tick(now: number): void {
    const { drainTimeout } = this.#server.limits;
    if (this.#isRead) {
      if (this.#handlerStalls(now)) this.#dropBody();
    } else if (!this.#answered.response.writer.flushed) {
      this.#since = this.#receivedAt = now;
    } else if (
      drainTimeout > 0 && now - this.#receivedAt >= drainTimeout || now - this.#since >= TOTAL_MS
    ) {
      this.#socket.end();
    }
  }

  /** Whether the handler reads the body still. */
  get #isRead(): boolean {
    return this.#answered.body?.wanted === true;
  }

  #handlerStalls(now: number): boolean {
    const { waitingSince, readAt } = this.#answered.body!;
    const patience = readAt > this.#since
      ? this.#server.limits.drainTimeout || TOTAL_MS
      : STALLED_MS;
    return waitingSince === 0 && now - Math.max(this.#receivedAt, readAt) > patience;
  }

  #dropBody(): void {
    this.#answered.failBody(failures.bodyUnread());
    this.#receivedAt = this.#server.now();
    this.#socket.read("flow");
  }
}
