/**
 * One connection: reads its request, hands it to an exchange, and lets what is left of the request
 * run out after the reply.
 *
 * @module
 */

import { readMethod, takesBody } from "../cgi/request.ts";
import { readVariables, type Variables } from "../cgi/variables.ts";
import { webServer } from "../cgi/web-server.ts";
import type { ScgiError } from "../errors.ts";
import { Exchange, type ExchangeOwner } from "./exchange.ts";
import * as faults from "./failures.ts";
import type { Host } from "./host.ts";
import { IncomingBody } from "../transport/incoming-body.ts";
import { bodyCut, Decoder, type Head } from "../scgi/decoder.ts";
import type { Entrant } from "./connection-set.ts";
import type { Socket, SocketEvents } from "../transport/socket.ts";

/**
 * - `head`: the head is being read.
 * - `open`: the request is with its exchange.
 * - `draining`: the reply was sent; what is left of the request is read and dropped.
 * - `ending`: the reply was sent, and the socket closes when everything has left.
 * - `closed`: the socket is gone.
 */
type State = "head" | "open" | "draining" | "ending" | "closed";

/** How long what is left of a request is read, in milliseconds. */
const DRAIN_TOTAL_MS = 60_000;
/** How long a reader of the body that has not read since the reply is waited for, likewise. */
const STALLED_MS = 1000;

/** One accepted connection. */
export class Connection implements SocketEvents, ExchangeOwner, Entrant {
  /** {@inheritDoc Entrant.place} */
  place = -1;
  readonly #host: Host;
  readonly #socket: Socket;
  #decoding: Decoder | undefined;
  #exchanging: Exchange | undefined;
  #state: State = "head";
  /** Since when the connection is in its state, in milliseconds. */
  #since: number;
  /** Whether the peer has ended its side. */
  #ended = false;
  /** Whether a body may come that the head does not declare. */
  #mayTrail = false;
  #drained = 0;
  #drainedAt = 0;

  /** Takes a socket over. */
  constructor(host: Host, socket: Socket) {
    this.#host = host;
    this.#socket = socket;
    this.#since = host.now();
  }

  // These two are made with the first bytes: where a thousand connections are accepted together, each
  // outlives some collections of garbage until its turn comes.
  get #decoder(): Decoder {
    return this.#decoding ??= new Decoder(this.#host.limits);
  }

  get #exchange(): Exchange {
    return this.#exchanging ??= new Exchange(this.#host, this.#socket, this);
  }

  /** Whether nothing has come yet. */
  get silent(): boolean {
    return this.#state === "head" && this.#decoding?.started !== true;
  }

  /** {@inheritDoc SocketEvents.data} */
  data(bytes: Uint8Array): boolean {
    this.#host.traffic.in += bytes.length;
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
    const kept = body.length > 0 && this.#exchange.body?.push(body) === true;
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
      if (this.#state === "head") this.#refuse(error as ScgiError);
      else this.#exchange.leave(error as ScgiError);
      return;
    }
    if (this.#state === "head") this.#socket.end();
    else if (!this.#socket.tellsHalfClose) this.#exchange.leave(faults.gone());
  }

  /** {@inheritDoc SocketEvents.drain} */
  drain(): void {
    this.#exchange.drain();
  }

  /** {@inheritDoc SocketEvents.close} */
  close(error?: unknown): void {
    const state = this.#state;
    if (state === "closed") return;
    this.#state = "closed";
    // One that said nothing has none.
    const exchange = this.#exchanging;
    const body = exchange?.body;
    // A reason is an error with its stack, which most connections need not.
    if (state === "open" || body !== undefined) {
      const { remaining } = this.#decoder;
      const reason = remaining > 0 ? bodyCut(remaining, error) : faults.gone(error);
      if (state === "open") exchange?.leave(reason);
      else body?.fail(reason);
    }
    exchange?.close(error);
    this.#host.closed(this);
  }

  /** Looks for the peer's departure, on runtimes where that costs something. */
  watch(): void {
    if (this.#state === "open" && this.#decoder.done) this.#socket.read("flow");
  }

  /** Ends what has taken too long. */
  tick(now: number): void {
    const { headTimeout, drainTimeout } = this.#host.limits;
    if (this.#state === "head") {
      if (headTimeout === 0 || now - this.#since < headTimeout) return;
      if (this.silent) this.#socket.end();
      else this.#refuse(faults.headTooSlow());
      return;
    }
    this.#exchange.tick(now);
    if (this.#state !== "draining") return;
    if (this.#exchange.body?.wanted === true) {
      if (this.#readerStalls(now)) this.#dropBody();
    } else if (!this.#exchange.flushed) {
      this.#since = this.#drainedAt = now;
    } else if (
      drainTimeout > 0 && now - this.#drainedAt >= drainTimeout ||
      now - this.#since >= DRAIN_TOTAL_MS
    ) {
      this.#socket.end();
    }
  }

  /** Answers 503, whatever is asked. */
  refuseOverload(): void {
    if (this.#state === "head") this.#refuse(faults.busy());
  }

  /** The server stops: event streams end, and so do connections that have said nothing. */
  stop(): void {
    if (this.silent) this.#socket.end();
    else this.#exchange.stop();
  }

  /** The server waits no longer. */
  expire(): void {
    if (this.#state === "head") this.#enter("open");
    this.#exchange.expire();
  }

  /** Closes at once. */
  abort(): void {
    this.#socket.abort();
  }

  #begin(head: Head, first: Uint8Array): void {
    const { maxBodyBytes } = this.#host.limits;
    const { contentLength } = head;
    const variables = readVariables(head);
    const method = readMethod(variables, contentLength);
    this.#mayTrail = contentLength === 0 && takesBody(method) &&
      webServer(variables.SERVER_SOFTWARE).sendsUndeclared;
    if (maxBodyBytes > 0 && contentLength > maxBodyBytes) {
      return this.#refuse(faults.bodyTooLarge(maxBodyBytes), method, variables);
    }
    this.#enter("open");
    const body = contentLength > 0 && takesBody(method) ? this.#takeBody(first) : null;
    this.#socket.read(this.#decoder.done ? "idle" : "flow");
    this.#exchange.start({ variables, method, head, body });
    if (this.#state === "open" && !this.#socket.watches) this.#host.watchSoon(this);
  }

  /** The bytes came beside the head, in memory that is used again. */
  #takeBody(first: Uint8Array): Uint8Array | IncomingBody {
    if (this.#decoder.done) return first.slice();
    const body = new IncomingBody({
      length: first.length + this.#decoder.remaining,
      read: (mode) => {
        if (this.#state !== "closed" && !this.#decoder.done) this.#socket.read(mode);
      },
      now: () => this.#host.now(),
    });
    if (first.length > 0) body.push(first.slice());
    return body;
  }

  #refuse(error: ScgiError, method?: string, variables?: Variables): void {
    this.#enter("open");
    this.#exchange.refuse(error, method, variables);
  }

  /** The request is whole. */
  #received(): void {
    this.#exchange.body?.complete();
    if (this.#state === "draining") {
      if (this.#decoder.surplus === 0) this.#end();
    } else if (this.#state === "open") {
      this.#socket.read("idle");
      if (!this.#socket.watches) this.#host.watchSoon(this);
    }
  }

  /** {@inheritDoc ExchangeOwner.replied} */
  replied(): void {
    if (this.#state !== "open") return;
    const { done, surplus } = this.#decoder;
    if (this.#ended || done && surplus === 0 && !this.#mayTrail) return this.#end();
    // Closing now would reset the connection, and the web server would lose the reply with it.
    this.#enter("draining");
    this.#drainedAt = this.#since;
    this.#socket.shutdown();
    if (this.#exchange.body?.wanted !== true) this.#dropBody();
  }

  #end(): void {
    this.#enter("ending");
    this.#socket.end();
  }

  #drain(bytes: number): void {
    this.#drained += bytes;
    this.#drainedAt = this.#host.now();
    if (this.#exchange.body?.wanted === true) return;
    if (this.#drained <= this.#host.limits.drainBytes) return;
    if (this.#exchange.flushed) this.#socket.end();
    else this.#socket.read("hold");
  }

  /** Whether the one who took the body does not read on after the reply. */
  #readerStalls(now: number): boolean {
    const { waitingSince, readAt } = this.#exchange.body!;
    const patience = readAt > this.#since ? this.#host.limits.drainTimeout : STALLED_MS;
    return waitingSince === 0 && now - Math.max(this.#drainedAt, readAt) > patience;
  }

  #dropBody(): void {
    this.#exchange.body?.fail(faults.bodyUnread());
    this.#drainedAt = this.#host.now();
    this.#socket.read("flow");
  }

  #enter(state: State): void {
    this.#state = state;
    this.#since = this.#host.now();
  }
}
