/**
 * The response of one exchange: the Response of the handler, or the answer to a failure.
 *
 * @module
 */

import { encodeUpgradeHead } from "../cgi/response.ts";
import type { Variables } from "../cgi/variables.ts";
import type { ScgiError } from "../errors.ts";
import { failureOf } from "../report/failure.ts";
import type { OnErrorResult } from "../report/reporter.ts";
import { toResponse } from "../runtime/fetch/foreign-response.ts";
import { latin1Bytes } from "../scgi/latin1.ts";
import type { Socket } from "../transport/socket.ts";
import type { Upgrade } from "../transport/tunnel.ts";
import { type Abort, cancelReason } from "./abort.ts";
import type { Arrival } from "./access-log.ts";
import { type Completion, Context, type Failure } from "./context.ts";
import type { Deadline } from "./deadline.ts";
import { FailureReports } from "./failure-reports.ts";
import * as failures from "./failures.ts";
import type { Handover, HandoverOwner } from "./handover.ts";
import type { ServerInternals } from "./internals.ts";
import type { ResponseInfo } from "./response-head.ts";
import { type ResponseOwner, ResponseWriter } from "./response-writer.ts";
import { discard, sendResponse } from "./send-response.ts";
import type { Offer } from "./upgrade.ts";

/** The connection of an exchange. */
export interface ResponseTarget {
  /** Takes the news that the response was given to the socket. */
  responded(): void;
  /**
   * Takes the connection for another protocol, as the head of the response was given to the socket.
   *
   * @param inHandler Whether the handler of the request still runs.
   */
  upgraded(upgrade: Upgrade, inHandler: boolean): void;
}

/**
 * - `waiting`: the request has not come.
 * - `handling`: the handler works.
 * - `failing`: the user's `onError` works on an answer to a failure.
 * - `sending`: a Response is being written.
 * - `upgraded`: the head of a Response of status 101 has left, and the connection is a tunnel.
 * - `over`: the response was given to the socket, or the socket is gone.
 */
export type Phase = "waiting" | "handling" | "failing" | "sending" | "upgraded" | "over";

/** The time that `onError` has for its Response where `requestTimeout` sets none, in milliseconds. */
const ON_ERROR_MS = 10_000;

export class ExchangeResponse implements ResponseInfo, ResponseOwner, HandoverOwner {
  phase: Phase = "waiting";
  /** The writer of the response that is sent, or will be. */
  writer: ResponseWriter;
  /** The Request of the handler. */
  request: Request | undefined;
  /** The context of the handler. */
  context: Context | undefined;
  /** The upgrade of a request that asks for one. */
  handover: Handover | undefined;
  /** When the request came, in milliseconds by a clock that does not jump; 0 before that. */
  begun = 0;
  /** The request for the access log, until its line is written. */
  arrival: Arrival | undefined;
  /** {@inheritDoc ResponseInfo.method} */
  method = "GET";
  /** {@inheritDoc ResponseInfo.software} */
  software: string | undefined;
  /** {@inheritDoc ResponseInfo.variables} */
  variables: Variables | undefined;
  /** {@inheritDoc ResponseInfo.setCookies} */
  setCookies: readonly string[] | undefined;

  readonly #server: ServerInternals;
  readonly #socket: Socket;
  readonly #deadline: Deadline;
  readonly #target: ResponseTarget;
  readonly #abort: Abort;
  readonly #completion: Completion;
  #reporting: FailureReports | undefined;
  /** The failure that waits for the answer of `onError`, or was answered. */
  #failure: Failure | undefined;
  #counted = false;
  /** Whether the Response of last resort was sent. */
  #isLast = false;

  /**
   * @param deadline The connection's, set for each phase.
   * @param target Takes the news that the response was given to the socket.
   * @param abort The abort of the request.
   * @param completion Is settled when the response has left, or cannot.
   */
  constructor(
    server: ServerInternals,
    socket: Socket,
    deadline: Deadline,
    target: ResponseTarget,
    abort: Abort,
    completion: Completion,
  ) {
    this.#server = server;
    this.#socket = socket;
    this.#deadline = deadline;
    this.#target = target;
    this.#abort = abort;
    this.#completion = completion;
    this.writer = new ResponseWriter(server, socket, this);
  }

  get #reports(): FailureReports {
    return this.#reporting ??= new FailureReports(this.#server, this.#abort);
  }

  /** {@inheritDoc ResponseInfo.url} */
  get url(): string {
    return this.request?.url ?? "http://localhost/";
  }

  /** {@inheritDoc ResponseInfo.warn} */
  warn(error: ScgiError): void {
    // A wrong length is a fault of this response, and no remark on all of them.
    if (error.code === "RESPONSE_LENGTH") void this.report(error);
    else this.#server.warn(error);
  }

  /** Sends the Response of the handler. Returns false where the request was answered before. */
  respond(response: Response): boolean {
    if (this.phase !== "handling") {
      if (this.phase === "upgraded") this.#forget();
      void discard(response, this.#abort.reason);
      return false;
    }
    this.#sendOwn(response);
    return true;
  }

  /** Takes a failure of the handler, which comes too late where the request was answered already. */
  reject(error: unknown): void {
    if (this.phase === "handling") return this.fail(error);
    this.report(error);
    if (this.phase === "upgraded") this.#forget();
  }

  /**
   * Answers a failure that this server found, in the place of the handler.
   *
   * @param waits Whether an answer of `onError` is waited for.
   */
  refuse(error: ScgiError, waits: boolean): void {
    this.#reports.found = error;
    if (this.phase === "sending") {
      this.writer.close(this.#abort.reason);
      this.writer = new ResponseWriter(this.#server, this.#socket, this);
    }
    if (this.phase === "failing") {
      void this.report(error);
      return this.#sendFailure(error);
    }
    this.#answer(error, waits);
  }

  /** Answers a failure that this server found, where that can be. */
  failOf(error: ScgiError): void {
    this.#reports.found = error;
    this.fail(error);
  }

  /** Answers a failure of the handler, or of a Response; once bytes have left that cannot be. */
  fail(error: unknown): void {
    if (this.phase === "over") return void this.report(error);
    if (this.writer.begun) return this.#breakOff(error);
    if (this.#failure === undefined) return this.#answer(error, true);
    // An app that has broken Headers itself would fail for ever.
    if (this.#isLast) return this.#breakOff(error);
    this.#isLast = true;
    this.report(error);
    this.setCookies = undefined;
    this.#send(failures.internalServerError());
  }

  /** Answers a failure without the `onError` that takes too long for it. */
  answerItself(): void {
    this.#sendFailure(this.#failure!.error);
  }

  /** Reports a failure of the exchange. */
  report(error: unknown): OnErrorResult {
    return this.#reports.report(error, this.request);
  }

  /** {@inheritDoc ResponseOwner.whole} */
  whole(): void {
    this.phase = "over";
    if (this.writer.flushed) this.#completion.settle();
    this.#count();
    this.#log();
    this.#target.responded();
  }

  /** Takes the news that the socket has sent all bytes. */
  drained(): void {
    this.writer.drained();
    if (this.phase === "over" || this.phase === "upgraded") this.#completion.settle();
  }

  /** Whether an upgraded request has nothing left to do. */
  get settled(): boolean {
    return this.phase === "upgraded" && this.writer.flushed && this.arrival === undefined;
  }

  /** {@inheritDoc HandoverOwner.handling} */
  get handling(): boolean {
    return this.phase === "handling";
  }

  /** {@inheritDoc HandoverOwner.upgraded} */
  get upgraded(): boolean {
    return this.phase === "upgraded";
  }

  /** {@inheritDoc HandoverOwner.switch} */
  switch(offer: Offer): void {
    this.#deadline.clear();
    this.setCookies = Context.cookiesOf(this.context);
    this.#switch(offer, offer.response, true);
  }

  /** Whether the client has the response, as the socket is gone. */
  isDelivered(error: unknown): boolean {
    return this.phase === "upgraded" ||
      this.phase === "over" && (error === undefined || this.writer.flushed);
  }

  /** Takes the news that the socket is gone. */
  close(delivered: boolean): void {
    this.phase = "over";
    this.writer.close(this.#abort.reason);
    this.#completion.settle(delivered ? undefined : { error: this.#abort.failure });
    this.#count();
    this.#log();
  }

  /** Sends a Response of the app's. */
  #sendOwn(answer: Response): void {
    let response: Response | undefined;
    try {
      response = answer instanceof Response ? answer : toResponse(answer);
      if (response === undefined) throw failures.notResponse(answer);
      this.setCookies = Context.cookiesOf(this.context);
    } catch (error) {
      void discard(response ?? answer, cancelReason(error));
      return this.fail(error);
    }
    this.#send(response);
  }

  /** Sends the head of a Response that makes an upgrade, and hands the connection over. */
  #switch({ upgrade }: Offer, response: Response, inHandler = false): void {
    const head = encodeUpgradeHead(response, upgrade.name, this.setCookies);
    this.handover!.made();
    this.phase = "upgraded";
    this.writer.status = 101;
    this.#count();
    if (this.writer.write(latin1Bytes(head), 0)) this.#completion.settle();
    this.#target.upgraded(upgrade, inHandler);
    if (!inHandler) this.#forget();
  }

  /** Drops the request, which a socket may outlive by hours. */
  #forget(): void {
    this.request =
      this.context =
      this.handover =
      this.variables =
        undefined;
  }

  #send(response: Response): void {
    this.phase = "sending";
    this.#deadline.clear();
    const { writer } = this;
    try {
      const offer = this.handover?.offerOf(response);
      if (offer !== undefined) return this.#switch(offer, response);
      const sent = sendResponse(response, writer, this);
      if (sent === undefined) return writer.end();
      sent.then(() => writer.end(), (error) => writer.closed || this.fail(error));
    } catch (error) {
      void discard(response, cancelReason(error));
      this.fail(error);
    }
  }

  /** Resets the connection: a body that failed must not look complete. */
  #breakOff(error: unknown): void {
    this.report(error);
    this.#completion.settle({ error: failureOf(error) });
    this.#socket.abort();
  }

  /** Sends the user's answer to a failure, or else one that tells the client nothing. */
  #answer(error: unknown, waits: boolean): void {
    const failure = this.#failure = { error };
    const answer = this.report(error);
    if (!(answer instanceof Promise)) return this.#sendAnswer(answer ?? undefined, error);
    this.phase = "failing";
    const { requestTimeout } = this.#server.limits;
    this.#deadline.set(this.#server.now(), requestTimeout || ON_ERROR_MS, failures.handlerTooSlow);
    answer.then((response) => {
      if (this.phase !== "failing" || this.#failure !== failure) {
        return void discard(response, this.#abort.reason);
      }
      this.#sendAnswer(response, error);
    });
    if (!waits) this.#sendFailure(error);
  }

  #sendAnswer(answer: Response | undefined | void, error: unknown): void {
    if (answer) this.#sendOwn(answer);
    else this.#sendFailure(error);
  }

  /** Sends the Response to a failure that nothing else answers. */
  #sendFailure(error: unknown): void {
    const response = this.#reports.responseTo(error);
    this.setCookies = undefined;
    this.#send(response);
  }

  /** Counts the request, once. */
  #count(): void {
    if (this.begun === 0 || this.#counted) return;
    this.#counted = true;
    this.#server.requests.add(this.writer.status, performance.now() - this.begun);
  }

  /** Writes the line of the access log, once. */
  #log(): void {
    const { arrival } = this;
    if (arrival === undefined) return;
    this.arrival = undefined;
    this.#server.log?.write(arrival, this.writer, performance.now() - this.begun);
  }
}
