/**
 * One request and its reply: calls the handler, sends what it gives, and answers what fails.
 *
 * @module
 */

import { Abort } from "./abort.ts";
import { makeRequest } from "../cgi/request.ts";
import { toEnv } from "../cgi/env.ts";
import type { Variables } from "../cgi/variables.ts";
import { formatLogEntry } from "./access-log.ts";
import { Completion, Context, type Failure } from "./context.ts";
import { asScgiError, type ScgiError } from "../errors.ts";
import * as faults from "./failures.ts";
import type { OnErrorResult } from "../report/reporter.ts";
import type { Host } from "./host.ts";
import type { IncomingBody } from "../transport/incoming-body.ts";
import { discard, Reply, type ReplyOwner } from "./reply.ts";
import { constructRequest } from "../runtime/fetch/request.ts";
import type { Head } from "../scgi/decoder.ts";
import type { Socket } from "../transport/socket.ts";

/** What a request is made of. */
export interface ExchangeParts {
  variables: Variables;
  method: string;
  /** The head that the variables are of. */
  head: Head;
  /** The body: whole, or as it arrives. */
  body: Uint8Array | IncomingBody | null;
}

/** Whose exchange it is. */
export interface ExchangeOwner {
  /** Is told when the reply was given to the socket. */
  replied(): void;
}

/** How long a stream may stay quiet once its client may have left, in milliseconds. */
const QUIET_AFTER_END_MS = 10_000;

/** One request and its reply. */
export class Exchange implements ReplyOwner {
  /** The body, where it did not come with the head. */
  body: IncomingBody | undefined;

  readonly #host: Host;
  readonly #socket: Socket;
  readonly #owner: ExchangeOwner;
  readonly #abort: Abort = new Abort();
  readonly #completion: Completion = new Completion();
  #state: "waiting" | "handling" | "replying" | "over" = "waiting";
  /** Since when the handler works, in milliseconds. */
  #since = 0;
  #request: Request | undefined;
  #reply: Reply | undefined;
  #context: Context | undefined;
  /** Whether the user was asked for the answer to a failure. */
  #answered = false;
  /** The failure that the user was told of last. */
  #told: Failure | undefined;
  /** Bytes that had not left when the peer took some last. */
  #unsent = 0;
  /** When the request came, where that is logged; 0 once it was. */
  #came = 0;
  /** The same by a clock that does not jump. */
  #begun = 0;
  #variables: Variables = {};

  /** Makes an exchange. */
  constructor(host: Host, socket: Socket, owner: ExchangeOwner) {
    this.#host = host;
    this.#socket = socket;
    this.#owner = owner;
  }

  /** Whether everything that was written has left. */
  get flushed(): boolean {
    return this.#reply?.flushed ?? true;
  }

  /** Whether the reply was given to the socket, or nobody takes it. */
  get #over(): boolean {
    return this.#state === "over";
  }

  /** Calls the handler. */
  start({ variables, method, head, body }: ExchangeParts): void {
    const { mapping, handler, waitUntil } = this.#host;
    if (this.#host.log !== undefined) this.#arrived(variables);
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
      return this.refuse(error as ScgiError, method);
    }
    this.#state = "handling";
    this.#since = this.#host.now();
    this.#reply = this.#makeReply(method, variables.SERVER_SOFTWARE);
    const { bindings } = mapping;
    // ASCII is what it is in UTF-8 as well, so these can be the handler's, to do with as it likes.
    const env = head.ascii && bindings === undefined ? variables : toEnv(variables, bindings);
    const context = this.#context = new Context(waitUntil, this.#completion);
    try {
      const result = handler(this.#request, env, context);
      if (typeof (result as Promise<Response> | undefined)?.then !== "function") {
        return this.#respond(result as Response);
      }
      // What is no Promise may call back twice, or throw after it has.
      const promise = result instanceof Promise ? result : Promise.resolve(result);
      promise.then((response) => this.#respond(response), (error) => this.#reject(error));
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Answers a request that reaches no handler, or whose handler is not waited for. */
  refuse(error: ScgiError, method = "GET", variables: Variables = this.#variables): void {
    this.#host.reject(error.code);
    if (this.#host.log !== undefined) this.#arrived(variables);
    this.#reply?.cancel(error);
    this.#reply = this.#makeReply(method, undefined);
    this.#state = "replying";
    this.#abort.abort(error);
    this.#answerFailure(error);
  }

  /** The client is not there any more, or is given up: the signal aborts, and reads fail. */
  leave(reason: ScgiError): void {
    if (this.#abort.aborted) return;
    this.#abort.abort(reason);
    this.body?.fail(reason);
  }

  /** The socket took everything. */
  drain(): void {
    this.#reply?.drain();
    if (this.#over) this.#completion.settle();
  }

  /** The server stops: an event stream ends. */
  stop(): void {
    this.#reply?.endEventStream(faults.stopped());
  }

  /** The server waits no longer. */
  expire(): void {
    const reason = faults.stopped();
    this.leave(reason);
    if (this.#reply?.headSent === true) this.#socket.abort();
    else this.refuse(reason);
  }

  /** The socket is gone. */
  close(error?: unknown): void {
    const delivered = this.#over && (error === undefined || this.flushed);
    this.#state = "over";
    this.#reply?.cancel(this.#abort.reason);
    this.#completion.settle(
      delivered ? undefined : { error: this.#abort.reason ?? faults.gone(error) },
    );
    this.#log();
  }

  /** Ends what has taken too long. */
  tick(now: number): void {
    const { requestTimeout, writeTimeout, bodyTimeout } = this.#host.limits;
    const late = (since: number, limit: number) => limit > 0 && since > 0 && now - since >= limit;
    const { blockedSince = 0, quietSince = 0 } = this.#reply ?? {};
    if (this.#state === "handling" && late(this.#since, requestTimeout)) {
      const error = faults.handlerTooSlow();
      this.#giveUp(error);
      return this.#fail(error);
    }
    if (this.#abort.aborted && late(quietSince, QUIET_AFTER_END_MS)) {
      return this.#socket.abort();
    }
    if (blockedSince > 0 && this.#socket.unsent !== this.#unsent) {
      this.#unsent = this.#socket.unsent;
      this.#reply!.blockedSince = now;
    } else if (late(blockedSince, writeTimeout)) {
      const error = faults.readerTooSlow();
      this.#giveUp(error);
      this.#report(error);
      return this.#socket.abort();
    }
    if (late(this.body?.waitingSince ?? 0, bodyTimeout)) this.#giveUp(faults.bodyTooSlow());
  }

  #giveUp(error: ScgiError): void {
    this.#host.reject(error.code);
    this.leave(error);
  }

  #arrived(variables: Variables): void {
    // The handler may write to those that it is given.
    this.#variables = { ...variables };
    if (this.#came !== 0) return;
    this.#came = Date.now();
    this.#begun = performance.now();
  }

  /** Writes the request's line, once. */
  #log(): void {
    if (this.#came === 0) return;
    const { status = 0, written: bytes = 0 } = this.#reply ?? {};
    const [time, duration] = [this.#came, performance.now() - this.#begun];
    this.#came = 0;
    const entry = { variables: this.#variables, status, bytes, time, duration };
    this.#host.log?.(formatLogEntry(entry));
  }

  #makeReply(method: string, software: string | undefined): Reply {
    return new Reply({
      method,
      request: this.#request,
      software,
      socket: this.#socket,
      host: this.#host,
      owner: this,
    });
  }

  /** {@inheritDoc ReplyOwner.settled} */
  settled(reply: Reply, failure: Failure | undefined): void {
    if (reply !== this.#reply) return;
    if (failure !== undefined) return this.#fail(failure.error);
    if (this.#state !== "replying") return;
    this.#state = "over";
    if (this.flushed) this.#completion.settle();
    this.#log();
    this.#owner.replied();
  }

  #respond(response: Response): void {
    if (this.#state !== "handling") return void discard(response);
    this.#state = "replying";
    try {
      if (!(response instanceof Response)) throw faults.notResponse(response);
      this.#reply!.send(response, Context.cookiesOf(this.#context));
    } catch (error) {
      void discard(response);
      return this.#fail(error);
    }
    if (this.#host.stopping) this.stop();
  }

  /** The handler failed; too late for the client where that was answered already. */
  #reject(error: unknown): void {
    if (this.#state === "handling") this.#fail(error);
    else this.#report(error);
  }

  /** The handler failed, or a Response that cannot be sent. */
  #fail(error: unknown): void {
    if (this.#over) return void this.#report(error);
    this.#state = "replying";
    if (this.#reply!.headSent) return this.#breakOff(error);
    if (!this.#answered) return this.#answerFailure(error);
    this.#report(error);
    this.#reply!.send(faults.internalServerError());
  }

  /** A body that failed must not look complete. */
  #breakOff(error: unknown): void {
    this.#report(error);
    this.#completion.settle({ error });
    this.#socket.abort();
  }

  /** Lets the user answer a failure, once. */
  #answerFailure(error: unknown): void {
    this.#answered = true;
    const answer = this.#report(error);
    if (answer instanceof Promise) answer.then((response) => this.#answer(response, error));
    else this.#answer(answer ?? undefined, error);
  }

  #answer(response: Response | undefined | void, error: unknown): void {
    if (this.#over || this.#reply!.headSent) return void discard(response);
    try {
      if (!response) return this.#reply!.send(this.#errorResponse(error));
      if (!(response instanceof Response)) throw faults.notResponse(response);
      this.#reply!.send(response, Context.cookiesOf(this.#context));
    } catch (second) {
      this.#fail(second);
    }
  }

  /** Only what this server found has a status of its own: an upload that stalled, a head. */
  #errorResponse(error: unknown): Response {
    const ours = error === this.#abort.reason ? asScgiError(error) : undefined;
    return ours?.getResponse() ?? faults.internalServerError();
  }

  /**
   * Tells the user of a failure, but not again of one that is the reason of the signal as well,
   * and not that the client left: closed tabs are no errors.
   */
  #report(error: unknown): OnErrorResult {
    const ours = asScgiError(error);
    if (ours?.code === "TOO_MANY_CONNECTIONS") return this.#host.warn(ours);
    if (this.#told !== undefined && error === this.#told.error) return undefined;
    this.#told = { error };
    const { aborted, reason } = this.#abort;
    if (aborted && error === reason && faults.isDeparture(error)) return undefined;
    return this.#host.report(error, this.#request);
  }
}
