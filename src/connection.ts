/**
 * One connection, which is one request: reads it, calls the handler, sends the reply, and lets
 * what is left of the request run out.
 *
 * @module
 */

import { readMethod, takesBody, toRequest } from "./cgi/request.ts";
import { readVariables, toEnv, type Variables } from "./cgi/variables.ts";
import { ScgiError } from "./errors.ts";
import * as faults from "./faults.ts";
import { Completion, Context, type Failure } from "./handler.ts";
import type { Host, OnErrorResult } from "./host.ts";
import { discard, Reply } from "./reply.ts";
import { IncomingBody } from "./incoming-body.ts";
import { Decoder, type Head } from "./scgi/decoder.ts";
import type { Socket, SocketEvents } from "./sockets/socket.ts";

/**
 * - `head`: the head is being read.
 * - `handling`: the handler works on a Response.
 * - `replying`: a Response is being sent.
 * - `draining`: it was sent; what is left of the request is read and dropped.
 * - `ending`: it was sent, and the socket closes when everything has left.
 * - `closed`: the socket is gone.
 */
type State = "head" | "handling" | "replying" | "draining" | "ending" | "closed";

/** A web server that takes the next reply for the rest of a body that ends too soon. */
const KEEPS_CLIENT = /^(?:lighttpd|cherokee)/i;
/** How long a stream may stay quiet once its client may have left, in milliseconds. */
const QUIET_AFTER_END_MS = 10_000;
/** How long what is left of a request is read, in milliseconds. */
const DRAIN_TOTAL_MS = 60_000;
/** How long a reader of the body that has not read since the reply is waited for, likewise. */
const STALLED_MS = 1000;

/** One accepted connection. */
export class Connection implements SocketEvents {
  readonly #host: Host;
  readonly #socket: Socket;
  readonly #decoder: Decoder;
  readonly #abort: AbortController = new AbortController();
  readonly #completion: Completion = new Completion();
  #state: State = "head";
  /** Since when the connection is in its state, in milliseconds. */
  #since: number;
  #reply: Reply | undefined;
  #request: Request | undefined;
  #body: IncomingBody | undefined;
  /** Whether the peer has ended its side. */
  #ended = false;
  /** Whether the user was asked for the answer to a failure. */
  #answered = false;
  /** The failure that the user was told of last. */
  #told: Failure | undefined;
  /** Bytes that had not left when the peer took some last. */
  #unsent = 0;
  #drained = 0;
  #drainedAt = 0;

  /** Takes a socket over. */
  constructor(host: Host, socket: Socket) {
    this.#host = host;
    this.#socket = socket;
    this.#decoder = new Decoder(host.limits);
    this.#since = host.now();
  }

  /** Whether nothing has come yet. */
  get silent(): boolean {
    return this.#state === "head" && !this.#decoder.started;
  }

  /** Whether the reply was sent, or nobody takes it. */
  get #done(): boolean {
    return this.#state === "draining" || this.#state === "ending" || this.#state === "closed";
  }

  /** {@inheritDoc SocketEvents.data} */
  data(bytes: Uint8Array): boolean {
    if (this.#state === "ending" || this.#state === "closed") return false;
    if (this.#state === "draining") this.#drain(bytes.length);
    let body: Uint8Array;
    const { surplus } = this.#decoder;
    try {
      body = this.#decoder.push(bytes);
    } catch (error) {
      if (this.#state === "head") this.#refuse(error as ScgiError);
      return false;
    }
    if (surplus === 0 && this.#decoder.surplus > 0) this.#host.warn(faults.bodySurplus());
    if (this.#state === "head") {
      if (this.#decoder.head !== undefined) this.#begin(this.#decoder.head, body);
      return false;
    }
    const kept = body.length > 0 && this.#body?.push(body) === true;
    if (this.#decoder.done) this.#received();
    return kept;
  }

  /** {@inheritDoc SocketEvents.end} */
  end(): void {
    this.#ended = true;
    if (this.#state === "draining") return this.#socket.end();
    if (this.#state === "ending" || this.#state === "closed") return;
    try {
      this.#decoder.end();
    } catch (error) {
      if (this.#state === "head") return this.#refuse(error as ScgiError);
      return this.#leave(error as ScgiError);
    }
    if (this.#state === "head") return this.#socket.end();
    if (!this.#socket.tellsHalfClose) this.#leave(faults.gone());
  }

  /** {@inheritDoc SocketEvents.drain} */
  drain(): void {
    this.#reply?.drain();
    if (this.#state === "draining" || this.#state === "ending") this.#completion.settle();
  }

  /** {@inheritDoc SocketEvents.close} */
  close(error?: unknown): void {
    const state = this.#state;
    if (state === "closed") return;
    this.#state = "closed";
    if (state === "handling" || state === "replying") {
      const { remaining } = this.#decoder;
      this.#leave(remaining > 0 ? faults.bodyCut(remaining, error) : faults.gone(error));
    } else if (state === "draining") {
      this.#body?.fail(faults.gone(error));
    }
    this.#reply?.cancel(this.#abort.signal.reason);
    const whole = (state === "draining" || state === "ending") &&
      (this.#reply?.flushed === true || error === undefined);
    const reason: unknown = this.#abort.signal.reason ?? faults.gone(error);
    this.#completion.settle(whole ? undefined : { error: reason });
    this.#host.closed(this);
  }

  /** Looks for the peer's departure, on runtimes where that costs something. */
  watch(): void {
    if (this.#state !== "handling" && this.#state !== "replying") return;
    if (this.#decoder.done) this.#socket.read("flow");
  }

  /** Ends what has taken too long. */
  tick(now: number): void {
    const { limits } = this.#host;
    const late = (since: number, limit: number) => limit > 0 && since > 0 && now - since >= limit;
    const { blockedSince = 0, quietSince = 0 } = this.#reply ?? {};
    switch (this.#state) {
      case "head":
        if (late(this.#since, limits.headTimeout)) this.#headTooSlow();
        return;
      case "handling":
        if (late(this.#since, limits.requestTimeout)) return this.#handlerTooSlow();
        break;
      case "replying":
        if (this.#abort.signal.aborted && late(quietSince, QUIET_AFTER_END_MS)) {
          return this.#socket.abort();
        }
        break;
      case "draining":
        if (this.#body?.wanted === true) {
          if (this.#readerStalls(now)) this.#dropBody();
          break;
        }
        if (late(this.#drainedAt, limits.drainTimeout) || late(this.#since, DRAIN_TOTAL_MS)) {
          return this.#socket.abort();
        }
    }
    if (blockedSince > 0 && this.#socket.unsent !== this.#unsent) {
      this.#unsent = this.#socket.unsent;
      this.#reply!.blockedSince = now;
    } else if (late(blockedSince, limits.writeTimeout)) {
      return this.#readerTooSlow();
    }
    if (late(this.#body?.waitingSince ?? 0, limits.bodyTimeout)) {
      this.#leave(faults.bodyTooSlow());
    }
  }

  /** Answers 503 and reads nothing. */
  refuseOverload(): void {
    this.#refuse(faults.busy());
  }

  /** The server stops: event streams end, and so do connections that have said nothing. */
  stop(): void {
    if (this.silent) this.#socket.end();
    else this.#reply?.endEventStream(faults.stopped());
  }

  /** The server waits no longer. */
  expire(): void {
    const reason = faults.stopped();
    this.#leave(reason);
    if (this.#reply?.headSent === true) this.#socket.abort();
    else this.#refuse(reason);
  }

  #begin(head: Head, first: Uint8Array): void {
    const { mapping, limits, handler } = this.#host;
    const { contentLength } = head;
    const variables = readVariables(head);
    const method = readMethod(variables, contentLength);
    if (limits.maxBodyBytes > 0 && contentLength > limits.maxBodyBytes) {
      return this.#refuse(faults.bodyTooLarge(limits.maxBodyBytes), method);
    }
    const signal = this.#abort.signal;
    const body = contentLength > 0 && takesBody(method) ? this.#takeBody(first) : null;
    try {
      this.#request = toRequest(variables, { contentLength, body, signal, ...mapping });
    } catch (error) {
      return this.#refuse(error as ScgiError, method);
    }
    const request = this.#request;
    this.#reply = this.#makeReply(method, request.url, variables);
    this.#enter("handling");
    this.#socket.read(this.#decoder.done ? "idle" : body === null ? "hold" : "flow");
    const env = toEnv(variables, mapping.bindings);
    let result: Response | Promise<Response>;
    try {
      result = handler(request, env, new Context(this.#host.waitUntil, this.#completion));
    } catch (error) {
      return this.#fail(error);
    }
    if (typeof (result as Promise<Response> | undefined)?.then !== "function") {
      return this.#respond(result as Response);
    }
    if (!this.#socket.watches) this.#host.watchSoon(this);
    (result as Promise<Response>).then(
      (response) => this.#respond(response),
      (error) => this.#state === "handling" ? this.#fail(error) : void this.#report(error),
    );
  }

  /** The bytes came beside the head, in memory that is used again. */
  #takeBody(first: Uint8Array): Uint8Array | ReadableStream<Uint8Array> {
    if (this.#decoder.done) return first.slice();
    this.#body = new IncomingBody({
      read: (mode) => {
        if (this.#state !== "closed" && !this.#decoder.done) this.#socket.read(mode);
      },
      now: () => this.#host.now(),
    });
    if (first.length > 0) this.#body.push(first.slice());
    return this.#body.stream;
  }

  #makeReply(method: string, url: string, variables?: Variables): Reply {
    const spliced = KEEPS_CLIENT.test(variables?.SERVER_SOFTWARE ?? "");
    const reply: Reply = new Reply({
      method,
      url,
      socket: this.#socket,
      declareLength: !spliced || this.#socket.resets,
      now: () => this.#host.now(),
      warn: (error) => this.#host.warn(error),
      settled: (failure) => {
        if (reply !== this.#reply) return;
        if (failure === undefined) this.#sent();
        else this.#fail(failure.error);
      },
    });
    return reply;
  }

  #respond(response: Response): void {
    if (this.#state !== "handling") return discard(response);
    this.#enter("replying");
    try {
      if (!(response instanceof Response)) throw faults.notResponse(response);
      this.#reply!.send(response);
    } catch (error) {
      discard(response);
      return this.#fail(error);
    }
    if (this.#done) return;
    if (!this.#socket.watches) this.#host.watchSoon(this);
    if (this.#host.stopping) this.stop();
  }

  /** The handler failed, or a Response that cannot be sent. */
  #fail(error: unknown): void {
    if (this.#state !== "handling" && this.#state !== "replying") return void this.#report(error);
    this.#enter("replying");
    if (this.#reply!.headSent) return this.#breakOff(error);
    if (!this.#answered) return this.#answerFailure(error);
    this.#report(error);
    this.#reply!.send(faults.internalServerError());
  }

  /** Lets the user answer a failure, once. */
  #answerFailure(error: unknown): void {
    this.#answered = true;
    const answer = this.#report(error);
    if (answer instanceof Promise) answer.then((response) => this.#answer(response, error));
    else this.#answer(answer ?? undefined, error);
  }

  /**
   * Tells the user of a failure, but not again of one that is the reason of the signal as well,
   * and not that the client left: closed tabs are no errors.
   */
  #report(error: unknown): OnErrorResult {
    if (this.#told !== undefined && error === this.#told.error) return undefined;
    this.#told = { error };
    const { signal } = this.#abort;
    if (signal.aborted && error === signal.reason && faults.isDeparture(error)) return undefined;
    return this.#host.report(error, this.#request);
  }

  #answer(response: Response | undefined | void, error: unknown): void {
    if (this.#state !== "replying" || this.#reply!.headSent) return discard(response);
    try {
      this.#reply!.send(response ?? this.#errorResponse(error));
    } catch (second) {
      this.#fail(second);
    }
  }

  /** Only what this server found has a status of its own: an upload that stalled, a head. */
  #errorResponse(error: unknown): Response {
    const ours = error instanceof ScgiError && error === this.#abort.signal.reason;
    return ours ? error.getResponse() : faults.internalServerError();
  }

  /** A body that failed must not look complete. */
  #breakOff(error: unknown): void {
    this.#report(error);
    this.#completion.settle({ error });
    this.#socket.abort();
  }

  /** Answers a request that reaches no handler, or whose handler is not waited for. */
  #refuse(error: ScgiError, method = "GET"): void {
    this.#reply?.cancel(error);
    this.#reply = this.#makeReply(method, "http://localhost/");
    this.#enter("replying");
    if (!this.#abort.signal.aborted) this.#abort.abort(error);
    this.#answerFailure(error);
  }

  /** The reply was given to the socket. */
  #sent(): void {
    if (this.#state !== "replying") return;
    if (this.#reply!.flushed) this.#completion.settle();
    const { done, surplus } = this.#decoder;
    if (this.#ended || done && surplus === 0) {
      this.#enter("ending");
      this.#socket.end();
      return;
    }
    // Closing now would reset the connection, and the web server would lose the reply with it.
    this.#enter("draining");
    this.#drainedAt = this.#since;
    this.#socket.shutdown();
    if (this.#body?.wanted !== true) this.#dropBody();
  }

  /** Whether the one who took the body does not read on after the reply. */
  #readerStalls(now: number): boolean {
    const { waitingSince, readAt } = this.#body!;
    const patience = readAt > this.#since ? this.#host.limits.drainTimeout : STALLED_MS;
    return waitingSince === 0 && now - Math.max(this.#drainedAt, readAt) > patience;
  }

  #dropBody(): void {
    this.#body?.fail(faults.bodyUnread());
    this.#drainedAt = this.#host.now();
    this.#socket.read("flow");
  }

  #drain(bytes: number): void {
    this.#drained += bytes;
    this.#drainedAt = this.#host.now();
    if (this.#body?.wanted === true) return;
    if (this.#drained > this.#host.limits.drainBytes) this.#socket.abort();
  }

  /** The request is whole. */
  #received(): void {
    this.#body?.complete();
    if (this.#state === "draining" && this.#decoder.surplus === 0) {
      this.#enter("ending");
      this.#socket.end();
    } else if (this.#state === "handling" || this.#state === "replying") {
      this.#socket.read("idle");
      if (!this.#socket.watches) this.#host.watchSoon(this);
    }
  }

  /** The client is not there any more, or is given up. */
  #leave(reason: ScgiError): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(reason);
    this.#body?.fail(reason);
  }

  #headTooSlow(): void {
    if (this.silent) this.#socket.end();
    else this.#refuse(faults.headTooSlow());
  }

  #handlerTooSlow(): void {
    const error = faults.handlerTooSlow();
    this.#leave(error);
    this.#fail(error);
  }

  #readerTooSlow(): void {
    const error = faults.readerTooSlow();
    this.#leave(error);
    this.#report(error);
    this.#socket.abort();
  }

  #enter(state: State): void {
    this.#state = state;
    this.#since = this.#host.now();
  }
}
