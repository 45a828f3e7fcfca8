/**
 * One request and its response: calls the handler, and ends the request where the client leaves, or
 * a limit is over.
 *
 * @module
 */

import type { ScgiError } from "../errors.ts";
import type { IncomingBody } from "../transport/incoming-body.ts";
import type { Socket } from "../transport/socket.ts";
import { Abort, abortReason } from "./abort.ts";
import { Completion, Context } from "./context.ts";
import type { Deadline } from "./deadline.ts";
import { ExchangeResponse, type ResponseTarget } from "./exchange-response.ts";
import * as failures from "./failures.ts";
import { envOf, type RefusedParts, requestOf, type RequestParts } from "./handler-request.ts";
import { Handover } from "./handover.ts";
import type { ServerInternals } from "./internals.ts";
import { asksForUpgrade } from "./upgrade.ts";

/** The time that a stream may stay quiet once its client may have left, in milliseconds. */
const QUIET_AFTER_END_MS = 10_000;

/** One request and its response. */
export class Exchange {
  /** The body, where it did not come with the head. */
  body: IncomingBody | undefined;
  /** The response, of the handler or to a failure. */
  readonly response: ExchangeResponse;

  readonly #server: ServerInternals;
  readonly #socket: Socket;
  readonly #deadline: Deadline;
  readonly #abort: Abort = new Abort();
  readonly #completion: Completion = new Completion();

  /**
   * @param deadline The connection's, set for each phase.
   * @param target The connection, which takes the news of the response.
   */
  constructor(server: ServerInternals, socket: Socket, deadline: Deadline, target: ResponseTarget) {
    this.#server = server;
    this.#socket = socket;
    this.#deadline = deadline;
    this.response = new ExchangeResponse(
      server,
      socket,
      deadline,
      target,
      this.#abort,
      this.#completion,
    );
  }

  /** Calls the handler. */
  start(parts: RequestParts): void {
    const { mapping, handler, waitUntil, limits, log } = this.#server;
    const { variables, method, head, body } = parts;
    const response = this.response;
    response.begun = performance.now();
    if (log !== undefined) response.arrival = log.arrival(variables);
    if (body !== null && !(body instanceof Uint8Array)) this.body = body;
    let request: Request;
    try {
      request = response.request = requestOf(parts, mapping, this.#abort);
    } catch (error) {
      return this.refuse(error as ScgiError, { method, variables });
    }
    if (asksForUpgrade(variables)) {
      response.handover = new Handover(this.#server, head, request, response);
    }
    response.phase = "handling";
    this.#deadline.set(this.#server.now(), limits.requestTimeout, failures.handlerTooSlow);
    response.method = method;
    response.software = variables.SERVER_SOFTWARE;
    response.variables = variables;
    const env = envOf(parts, mapping);
    const context = response.context = new Context(waitUntil, this.#completion);
    try {
      const result = handler(request, env, context);
      if (typeof (result as Promise<Response> | undefined)?.then !== "function") {
        return this.#respond(result as Response);
      }
      // A thenable may call back twice, or throw after it has.
      const promise = result instanceof Promise ? result : Promise.resolve(result);
      promise.then((answer) => this.#respond(answer), (error) => response.reject(error));
    } catch (error) {
      response.reject(error);
    }
  }

  /**
   * Answers in the place of the handler.
   *
   * @param parts The request, where its head could be read; without it no answer of `onError` is
   * waited for.
   */
  refuse(error: ScgiError, parts?: RefusedParts): void {
    const response = this.response;
    this.#server.reject(error.code);
    response.begun ||= performance.now();
    response.arrival ??= this.#server.log?.arrival(parts?.variables);
    if (parts !== undefined) response.method = parts.method;
    this.#abort.abort(error);
    response.refuse(error, parts !== undefined || response.request !== undefined);
  }

  /**
   * Answers in the place of the handler, which has the request already, and fails its reads of the
   * body.
   *
   * @returns false where the response has begun, or the request was given up before.
   */
  refuseLate(error: ScgiError): boolean {
    const { phase } = this.response;
    const answered = phase !== "handling" && phase !== "sending";
    if (answered || this.response.writer.begun || this.#abort.aborted) return false;
    this.leave(error);
    this.refuse(error);
    return true;
  }

  /** Ends a phase that has lasted too long. */
  timeOut(error: ScgiError): void {
    if (this.response.phase === "failing") return this.response.answerItself();
    this.giveUp(error);
    this.response.failOf(error);
  }

  /** Aborts the signal, and fails reads of the body: the client has left, or is given up. */
  leave(failure: ScgiError): void {
    if (this.#abort.aborted) return;
    this.#abort.abort(failure);
    this.body?.fail(this.#abort.reason);
  }

  /** Fails reads of the body after a response that was delivered, which aborts nothing. */
  failBody(failure: ScgiError): void {
    this.body?.fail(abortReason(failure));
  }

  /** Aborts the signal, and fails reads of the body: the client is too slow. */
  giveUp(error: ScgiError): void {
    this.#server.reject(error.code);
    this.leave(error);
  }

  /** Closes the connection of a client that takes nothing of the response. */
  abandon(): void {
    const error = failures.readerTooSlow();
    this.giveUp(error);
    this.response.report(error);
    this.#socket.abort();
  }

  /** Whether the response's stream gives nothing, and its client may have left long ago. */
  isForgotten(now: number): boolean {
    const { flushed, quietSince } = this.response.writer;
    return this.#abort.aborted && flushed && quietSince > 0 &&
      now - quietSince >= QUIET_AFTER_END_MS;
  }

  /** Ends an event stream, as the server stops. */
  stop(): void {
    this.response.writer.source?.endEvents(abortReason(failures.stopped()));
  }

  /** Ends the request: the server waits no longer. */
  expire(): void {
    const reason = failures.stopped();
    this.leave(reason);
    if (this.response.writer.begun) this.#socket.abort();
    else this.refuse(reason);
  }

  /**
   * Takes the news that the socket is gone.
   *
   * @param failure The failure of the request, unless that is a mere disconnect.
   */
  close(error?: unknown, failure?: ScgiError): void {
    const delivered = this.response.isDelivered(error);
    this.response.handover?.withdraw();
    if (!delivered) this.leave(failure ?? failures.disconnected(error));
    else if (failure !== undefined) this.failBody(failure);
    this.response.close(delivered);
  }

  #respond(answer: Response): void {
    if (this.response.respond(answer) && this.#server.stopping) this.stop();
  }
}
