/**
 * One request and its response: calls the handler, sends its Response, and answers failures.
 *
 * @module
 */

import { toEnv } from "../cgi/env.ts";
import { encodeUpgradeHead } from "../cgi/response.ts";
import { makeRequest } from "../cgi/request.ts";
import { readVariables, type Variables } from "../cgi/variables.ts";
import { asScgiError, type ScgiError } from "../errors.ts";
import { failureOf } from "../report/failure.ts";
import type { OnErrorResult } from "../report/reporter.ts";
import { constructRequest } from "../runtime/chosen.ts";
import { toResponse } from "../runtime/fetch/foreign-response.ts";
import type { Head } from "../scgi/decoder.ts";
import { latin1Bytes } from "../scgi/latin1.ts";
import type { IncomingBody } from "../transport/incoming-body.ts";
import type { Socket } from "../transport/socket.ts";
import type { Upgrade } from "../transport/tunnel.ts";
import { Abort, abortReason, cancelReason } from "./abort.ts";
import { type Arrival, arrivalOf, formatLogEntry } from "./access-log.ts";
import { Completion, Context, type Failure } from "./context.ts";
import type { Deadline } from "./deadline.ts";
import * as failures from "./failures.ts";
import type { ServerInternals } from "./internals.ts";
import type { ResponseInfo } from "./response-head.ts";
import { type ResponseOwner, ResponseWriter } from "./response-writer.ts";
import { discard, sendResponse } from "./send-response.ts";
import {
  asksForUpgrade,
  isUpgradeRefusal,
  type Offer,
  registerUpgradable,
  type Upgradable,
} from "./upgrade.ts";

/** The parts of a request. */
export interface RequestParts {
  variables: Variables;
  method: string;
  /** The head that the variables are of. */
  head: Head;
  /** The body: whole, or as it arrives. */
  body: Uint8Array | IncomingBody | null;
}

/** A request that reaches no handler, as far as it could be read. */
export interface RefusedParts {
  method: string;
  variables: Variables;
}

/** The connection of an exchange. */
export interface ExchangeOwner {
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
type Phase = "waiting" | "handling" | "failing" | "sending" | "upgraded" | "over";

/** The time that `onError` has for its Response where `requestTimeout` sets none, in milliseconds. */
const ON_ERROR_MS = 10_000;
/** The time that a stream may stay quiet once its client may have left, in milliseconds. */
const QUIET_AFTER_END_MS = 10_000;

/** One request and its response. */
export class Exchange implements ResponseInfo, ResponseOwner, Upgradable {
  /** The body, where it did not come with the head. */
  body: IncomingBody | undefined;
  /** The writer of the response that is sent, or will be. */
  writer: ResponseWriter;
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
  readonly #owner: ExchangeOwner;
  readonly #abort: Abort = new Abort();
  readonly #completion: Completion = new Completion();
  #phase: Phase = "waiting";
  #request: Request | undefined;
  #context: Context | undefined;
  /** The failure that waits for the answer of `onError`, or was answered. */
  #failure: Failure | undefined;
  /** Whether the Response of last resort was sent. */
  #isLast = false;
  /** The failure that was reported last. */
  #reported: Failure | undefined;
  /** The failure that this server found, in the place of a Response. */
  #found: ScgiError | undefined;
  /** The head of a request that asks for an upgrade. */
  #head: Head | undefined;
  /** The upgrade that waits for its Response. */
  #offer: Offer | undefined;
  /** When the request came, in milliseconds; 0 before that, and once the request is counted. */
  #begun = 0;
  /** The request for the access log, until its line is written. */
  #arrival: Arrival | undefined;

  /**
   * @param deadline The connection's, set for each phase.
   * @param owner Is told when the response was given to the socket.
   */
  constructor(
    server: ServerInternals,
    socket: Socket,
    deadline: Deadline,
    owner: ExchangeOwner,
  ) {
    this.#server = server;
    this.#socket = socket;
    this.#deadline = deadline;
    this.#owner = owner;
    this.writer = new ResponseWriter(server, socket, this);
  }

  /** {@inheritDoc ResponseInfo.url} */
  get url(): string {
    return this.#request?.url ?? "http://localhost/";
  }

  /** {@inheritDoc ResponseInfo.warn} */
  warn(error: ScgiError): void {
    // A wrong length is a fault of this response, and no remark on all of them.
    if (error.code === "RESPONSE_LENGTH") void this.#report(error);
    else this.#server.warn(error);
  }

  /** Calls the handler. */
  start({ variables, method, head, body }: RequestParts): void {
    const { mapping, handler, waitUntil, limits, log } = this.#server;
    this.#begun = performance.now();
    if (log !== undefined) this.#arrival = arrivalOf(variables);
    if (body !== null && !(body instanceof Uint8Array)) this.body = body;
    try {
      this.#request = makeRequest(
        variables,
        {
          head,
          contentLength: head.contentLength,
          body,
          urlFrom: mapping.urlFrom,
          stripPrefix: mapping.stripPrefix,
        },
        this.#abort,
        constructRequest,
      );
    } catch (error) {
      return this.refuse(error as ScgiError, { method, variables });
    }
    if (asksForUpgrade(variables)) {
      this.#head = head;
      registerUpgradable(this.#request, this);
    }
    this.#phase = "handling";
    this.#deadline.set(this.#server.now(), limits.requestTimeout, failures.handlerTooSlow);
    this.method = method;
    this.software = variables.SERVER_SOFTWARE;
    this.variables = variables;
    const { bindings } = mapping;
    // ASCII is the same in UTF-8, so the handler can have these, to do with as it likes.
    const env = head.ascii && bindings === undefined ? variables : toEnv(variables, bindings);
    const context = this.#context = new Context(waitUntil, this.#completion);
    try {
      const result = handler(this.#request, env, context);
      if (typeof (result as Promise<Response> | undefined)?.then !== "function") {
        return this.#respond(result as Response);
      }
      // A thenable may call back twice, or throw after it has.
      const promise = result instanceof Promise ? result : Promise.resolve(result);
      promise.then((response) => this.#respond(response), (error) => this.#reject(error));
    } catch (error) {
      this.#reject(error);
    }
  }

  /**
   * Answers in the place of the handler.
   *
   * @param parts The request, where its head could be read; without it no answer of `onError` is
   * waited for.
   */
  refuse(error: ScgiError, parts?: RefusedParts): void {
    this.#server.reject(error.code);
    this.#begun ||= performance.now();
    if (this.#server.log !== undefined) this.#arrival ??= arrivalOf(parts?.variables);
    if (parts !== undefined) this.method = parts.method;
    this.#found = error;
    this.#abort.abort(error);
    if (this.#phase === "sending") {
      this.writer.close(this.#abort.reason);
      this.writer = new ResponseWriter(this.#server, this.#socket, this);
    }
    if (this.#phase === "failing") {
      void this.#report(error);
      return this.#send(this.#errorResponse(error));
    }
    this.#answer(error, parts !== undefined || this.#request !== undefined);
  }

  /**
   * Answers in the place of the handler, which has the request already, and fails its reads of the
   * body.
   *
   * @returns false where the response has begun, or the request was given up before.
   */
  refuseLate(error: ScgiError): boolean {
    const answered = this.#phase !== "handling" && this.#phase !== "sending";
    if (answered || this.writer.begun || this.#abort.aborted) return false;
    this.leave(error);
    this.refuse(error);
    return true;
  }

  /** Ends a phase that has lasted too long. */
  timeOut(error: ScgiError): void {
    if (this.#phase === "failing") return this.#send(this.#errorResponse(this.#failure!.error));
    this.#found = error;
    this.giveUp(error);
    this.#fail(error);
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
    this.#report(error);
    this.#socket.abort();
  }

  /** Whether the response's stream gives nothing, and its client may have left long ago. */
  isForgotten(now: number): boolean {
    const { quietSince } = this.writer;
    return this.#abort.aborted && quietSince > 0 && now - quietSince >= QUIET_AFTER_END_MS;
  }

  /** {@inheritDoc ResponseOwner.whole} */
  whole(): void {
    this.#phase = "over";
    if (this.writer.flushed) this.#completion.settle();
    this.#count();
    this.#log();
    this.#owner.responded();
  }

  /** Takes the news that the socket has sent all bytes. */
  drained(): void {
    this.writer.drained();
    if (this.#phase === "over" || this.#phase === "upgraded") this.#completion.settle();
  }

  /** {@inheritDoc Upgradable.sent} */
  get sent(): Variables {
    return readVariables(this.#head!);
  }

  /** {@inheritDoc Upgradable.contentLength} */
  get contentLength(): number {
    return this.#head!.contentLength;
  }

  /** {@inheritDoc Upgradable.now} */
  now(): number {
    return this.#server.now();
  }

  /** {@inheritDoc Upgradable.report} */
  report(error: unknown): void {
    void this.#server.report(error, this.#request);
  }

  /** {@inheritDoc Upgradable.keep} */
  keep(offer: Offer): string | undefined {
    if (this.#offer !== undefined || this.#phase === "upgraded") {
      return "The request was upgraded before; a request can be upgraded once";
    }
    if (this.#phase !== "handling") {
      return "The request cannot be upgraded any more: it was answered, or its client has left";
    }
    this.#offer = offer;
    return undefined;
  }

  /** {@inheritDoc Upgradable.switch} */
  switch(): void {
    const offer = this.#offer;
    if (offer === undefined) return;
    this.#deadline.clear();
    this.setCookies = Context.cookiesOf(this.#context);
    this.#switch(offer, offer.response, true);
  }

  /** {@inheritDoc Upgradable.refuseUpgrade} */
  refuseUpgrade(refusal: ScgiError): void {
    if (this.#phase === "handling") this.#fail(refusal);
  }

  /** Ends an event stream, as the server stops. */
  stop(): void {
    this.writer.source?.endEvents(abortReason(failures.stopped()));
  }

  /** Ends the request: the server waits no longer. */
  expire(): void {
    const reason = failures.stopped();
    this.leave(reason);
    if (this.writer.begun) this.#socket.abort();
    else this.refuse(reason);
  }

  /**
   * Takes the news that the socket is gone.
   *
   * @param failure The failure of the request, unless that is a mere disconnect.
   */
  close(error?: unknown, failure?: ScgiError): void {
    const delivered = this.#phase === "upgraded" ||
      this.#phase === "over" && (error === undefined || this.writer.flushed);
    this.#withdraw();
    if (!delivered) this.leave(failure ?? failures.disconnected(error));
    else if (failure !== undefined) this.failBody(failure);
    this.#phase = "over";
    this.writer.close(this.#abort.reason);
    this.#completion.settle(delivered ? undefined : { error: this.#abort.failure });
    this.#count();
    this.#log();
  }

  #respond(response: Response): void {
    if (this.#phase !== "handling") return void discard(response, this.#abort.reason);
    this.#sendOwn(response);
    if (this.#server.stopping) this.stop();
  }

  /** Sends a Response of the app's. */
  #sendOwn(answer: Response): void {
    let response: Response | undefined;
    try {
      response = answer instanceof Response ? answer : toResponse(answer);
      if (response === undefined) throw failures.notResponse(answer);
      this.setCookies = Context.cookiesOf(this.#context);
    } catch (error) {
      void discard(response ?? answer, cancelReason(error));
      return this.#fail(error);
    }
    this.#send(response);
  }

  /** Ends an upgrade whose Response is not sent. */
  #withdraw(): void {
    const offer = this.#offer;
    this.#offer = undefined;
    offer?.upgrade.protocol.close();
  }

  /** Sends the head of a Response that makes an upgrade, and hands the connection over. */
  #switch({ upgrade }: Offer, response: Response, inHandler = false): void {
    const head = encodeUpgradeHead(response, upgrade.name, this.setCookies);
    this.#offer = undefined;
    this.#phase = "upgraded";
    this.writer.status = 101;
    this.#count();
    if (this.writer.write(latin1Bytes(head), 0)) this.#completion.settle();
    this.#owner.upgraded(upgrade, inHandler);
  }

  #send(response: Response): void {
    this.#phase = "sending";
    this.#deadline.clear();
    const { writer } = this;
    try {
      if (this.#offer !== undefined) {
        if (this.#offer.isMadeBy(response)) return this.#switch(this.#offer, response);
        this.#withdraw();
      }
      const sent = sendResponse(response, writer, this);
      if (sent === undefined) return writer.end();
      sent.then(() => writer.end(), (error) => writer.closed || this.#fail(error));
    } catch (error) {
      void discard(response, cancelReason(error));
      this.#fail(error);
    }
  }

  /** Takes a failure of the handler, which comes too late where the request was answered already. */
  #reject(error: unknown): void {
    if (this.#phase === "handling") this.#fail(error);
    else this.#report(error);
  }

  /** Answers a failure of the handler, or of a Response; once bytes have left that cannot be. */
  #fail(error: unknown): void {
    if (this.#phase === "over") return void this.#report(error);
    if (this.writer.begun) return this.#breakOff(error);
    if (this.#failure === undefined) return this.#answer(error, true);
    // An app that has broken Headers itself would fail for ever.
    if (this.#isLast) return this.#breakOff(error);
    this.#isLast = true;
    this.#report(error);
    this.setCookies = undefined;
    this.#send(failures.internalServerError());
  }

  /** Resets the connection: a body that failed must not look complete. */
  #breakOff(error: unknown): void {
    this.#report(error);
    this.#completion.settle({ error: failureOf(error) });
    this.#socket.abort();
  }

  /** Sends the user's answer to a failure, or else one that tells the client nothing. */
  #answer(error: unknown, waits: boolean): void {
    const failure = this.#failure = { error };
    const answer = this.#report(error);
    if (!(answer instanceof Promise)) return this.#sendAnswer(answer ?? undefined, error);
    this.#phase = "failing";
    const { requestTimeout } = this.#server.limits;
    this.#deadline.set(this.#server.now(), requestTimeout || ON_ERROR_MS, failures.handlerTooSlow);
    answer.then((response) => {
      if (this.#phase !== "failing" || this.#failure !== failure) {
        return void discard(response, this.#abort.reason);
      }
      this.#sendAnswer(response, error);
    });
    if (!waits) this.#send(this.#errorResponse(error));
  }

  #sendAnswer(answer: Response | undefined | void, error: unknown): void {
    if (answer) this.#sendOwn(answer);
    else this.#send(this.#errorResponse(error));
  }

  /** The Response to a failure: one that this server found has a status of its own. */
  #errorResponse(error: unknown): Response {
    // A signal has the reason of a disconnect where that came first, as half a close seems to be one.
    const failure = failureOf(error);
    const scgiError = asScgiError(failure);
    const known = failure === this.#found || failure === this.#abort.failure ||
      scgiError !== undefined && isUpgradeRefusal(scgiError);
    const ours = known ? scgiError : undefined;
    this.setCookies = undefined;
    return ours?.status === undefined ? failures.internalServerError() : ours.getResponse();
  }

  /**
   * Reports a failure, but not again the reason of the signal, and no disconnect: closed tabs are not
   * errors. For the reason of the signal the user is given the failure behind it.
   */
  #report(thrown: unknown): OnErrorResult {
    const error = failureOf(thrown);
    const ours = asScgiError(error);
    if (ours?.code === "TOO_MANY_CONNECTIONS") return this.#server.warn(ours);
    if (ours !== undefined && isUpgradeRefusal(ours)) {
      this.#server.reject(ours.code);
      return this.#server.warn(ours);
    }
    if (this.#reported !== undefined && error === this.#reported.error) return undefined;
    this.#reported = { error };
    const { failure } = this.#abort;
    if (failure !== undefined && error === failure && failures.isDisconnect(failure)) {
      return undefined;
    }
    return this.#server.report(error, this.#request);
  }

  /** Counts the request, once. */
  #count(): void {
    if (this.#begun === 0) return;
    this.#server.requests.add(this.writer.status, performance.now() - this.#begun);
    this.#begun = 0;
  }

  /** Writes the line of the access log, once. */
  #log(): void {
    if (this.#arrival === undefined) return;
    const { variables, time, begun } = this.#arrival;
    this.#arrival = undefined;
    const { status, bodyBytes: bytes } = this.writer;
    const duration = performance.now() - begun;
    this.#server.log?.(formatLogEntry({ variables, status, bytes, time, duration }));
  }
}
