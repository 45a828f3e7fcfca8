/**
 * One connection: reads the request, hands it to an exchange, and closes after the response.
 *
 * @module
 */

import { readMethod, takesBody } from "../cgi/request.ts";
import { readVariables } from "../cgi/variables.ts";
import { webServer } from "../cgi/web-server.ts";
import type { ScgiError } from "../errors.ts";
import { Decoder } from "../scgi/decoder.ts";
import { bodyCut } from "../scgi/failures.ts";
import type { Head } from "../scgi/head.ts";
import { IncomingBody } from "../transport/incoming-body.ts";
import type { Socket, SocketEvents } from "../transport/socket.ts";
import type { Upgrade } from "../transport/tunnel.ts";
import type { Member } from "./connection-set.ts";
import { Deadline } from "./deadline.ts";
import { Exchange } from "./exchange.ts";
import * as failures from "./failures.ts";
import type { RefusedParts } from "./handler-request.ts";
import type { ServerInternals, Watchable } from "./internals.ts";
import { LingeringClose } from "./lingering-close.ts";
import { EarlyBytes } from "./early-bytes.ts";
import { ConnectionTunnel } from "./connection-tunnel.ts";

/**
 * - `head`: the head is being read.
 * - `exchange`: the request is with its exchange.
 * - `lingering`: the response was sent; what is left of the request is read and dropped.
 * - `tunnel`: the connection was upgraded, and all bytes are those of another protocol.
 * - `closing`: the response was sent, and the socket closes when everything has left.
 * - `closed`: the socket is gone.
 */
type Phase = "head" | "exchange" | "lingering" | "tunnel" | "closing" | "closed";

/** One accepted connection. */
export class Connection implements SocketEvents, Member, Watchable {
  /** {@inheritDoc Member.place} */
  place = -1;
  readonly #server: ServerInternals;
  readonly #socket: Socket;
  readonly #closed: (connection: this) => void;
  readonly #deadline: Deadline = new Deadline();
  #decoding: Decoder | undefined;
  #exchanging: Exchange | undefined;
  #lingering: LingeringClose | undefined;
  #phase: Phase = "head";
  /** Whether the peer has ended its side. */
  #ended = false;
  /** Whether a body may come that the head does not declare. */
  #mayTrail = false;
  /** Whether bytes that came before the switch wait until the handler has returned. */
  #beginning = false;
  /** The bytes behind a request that asks for an upgrade, until it is answered. */
  #early: EarlyBytes | undefined;
  /** The tunnel, from the switch until the socket is gone. */
  #tunnel: ConnectionTunnel | undefined;

  /**
   * Takes a socket over.
   *
   * @param closed Called when the socket is gone.
   */
  constructor(server: ServerInternals, socket: Socket, closed: (connection: Connection) => void) {
    this.#server = server;
    this.#socket = socket;
    this.#closed = closed;
    this.#deadline.set(server.now(), server.limits.headTimeout, failures.headTooSlow);
  }

  // These two are made with the first bytes: where a thousand connections are accepted together, each
  // outlives some collections of garbage until its turn comes.
  get #decoder(): Decoder {
    return this.#decoding ??= new Decoder(this.#server.limits);
  }

  get #exchange(): Exchange {
    return this.#exchanging ??= new Exchange(this.#server, this.#socket, this.#deadline, this);
  }

  /** Whether nothing has come yet. */
  get silent(): boolean {
    return this.#phase === "head" && this.#decoding?.started !== true;
  }

  /** Whether a request has come whose connection is not closed yet. */
  get busy(): boolean {
    return this.#phase !== "head" && this.#phase !== "closed";
  }

  /** {@inheritDoc SocketEvents.data} */
  data(bytes: Uint8Array): boolean {
    this.#server.traffic.in += bytes.length;
    if (this.#tunnel !== undefined) return this.#tunnel.protocol.data(bytes);
    if (this.#phase === "closing" || this.#phase === "closed") return false;
    this.#lingering?.received(bytes.length);
    let body: Uint8Array;
    const { surplus } = this.#decoder;
    try {
      body = this.#decoder.push(bytes);
    } catch (error) {
      if (this.#phase === "head") this.#refuse(error as ScgiError);
      return false;
    }
    const count = this.#decoder.surplus - surplus;
    const trailing = count > 0 ? bytes.subarray(bytes.length - count) : undefined;
    if (this.#phase === "head") {
      const { head } = this.#decoder;
      return head !== undefined && this.#begin(head, body, trailing);
    }
    if (trailing !== undefined && !this.#keepEarly(trailing)) {
      if (surplus === 0 && this.#refuseTrailing()) return false;
    }
    const kept = body.length > 0 && this.#exchange.body?.push(body) === true;
    if (this.#decoder.done) this.#received();
    return kept;
  }

  /** {@inheritDoc SocketEvents.keepsNothing} */
  get keepsNothing(): boolean {
    return this.#tunnel !== undefined;
  }

  /** {@inheritDoc SocketEvents.usesUp} */
  get usesUp(): boolean {
    const body = this.#exchanging?.body;
    return this.#tunnel === undefined && (body === undefined || body.copies);
  }

  /** {@inheritDoc SocketEvents.returnsMemory} */
  get returnsMemory(): boolean {
    return this.#phase === "exchange" && this.#exchanging?.body?.lends === true;
  }

  /** {@inheritDoc SocketEvents.end} */
  end(): void {
    this.#ended = true;
    if (this.#beginning) return;
    if (this.#tunnel !== undefined) {
      this.#tunnel.protocol.end();
      return this.#socket.end();
    }
    if (this.#phase === "lingering") return this.#socket.end();
    if (this.#phase === "closing" || this.#phase === "closed") return;
    try {
      this.#decoder.end();
    } catch (error) {
      if (this.#phase === "head") this.#refuse(error as ScgiError);
      else this.#exchange.leave(error as ScgiError);
      return;
    }
    if (this.#phase === "head") this.#socket.end();
    else if (!this.#socket.tellsHalfClose) this.#exchange.leave(failures.disconnected());
  }

  /** {@inheritDoc SocketEvents.drain} */
  drain(): void {
    this.#exchanging?.response.drained();
    this.#tunnel?.protocol.drain();
    this.#forgetExchange();
  }

  /** {@inheritDoc SocketEvents.close} */
  close(error?: unknown): void {
    const phase = this.#phase;
    if (phase === "closed") return;
    this.#phase = "closed";
    const tunnel = this.#tunnel;
    this.#tunnel = undefined;
    if (tunnel !== undefined) {
      this.#server.tunnels.open--;
      tunnel.protocol.close();
    }
    // A silent connection has none.
    const exchange = this.#exchanging;
    if (exchange !== undefined && tunnel !== undefined) {
      exchange.response.writer.bodyBytes += tunnel.sent;
    }
    const wanted = phase === "exchange" || exchange?.body !== undefined;
    const remaining = wanted ? this.#decoder.remaining : 0;
    // A failure is an error with its stack, which most connections need not.
    exchange?.close(error, remaining > 0 ? bodyCut(remaining, error) : undefined);
    this.#closed(this);
  }

  /** {@inheritDoc Watchable.watch} */
  watch(): void {
    if (this.#phase !== "exchange" || !this.#decoder.done) return;
    if (this.#early?.full !== true) this.#socket.read("flow");
  }

  /** Ends a phase, a read or a write that has lasted too long. */
  tick(now: number): void {
    if (this.#tunnel !== undefined) return this.#tunnel.tick(now);
    const late = this.#deadline.expired(now);
    if (late !== undefined) {
      if (this.#phase === "exchange") return this.#exchange.timeOut(late);
      if (this.silent) return this.#socket.end();
      return this.#refuse(late);
    }
    const exchange = this.#exchanging;
    if (exchange === undefined) return;
    const { writeTimeout, bodyTimeout } = this.#server.limits;
    if (exchange.isForgotten(now)) return this.#socket.abort();
    if (exchange.response.writer.stalled(now, writeTimeout)) return exchange.abandon();
    const { waitingSince = 0 } = exchange.body ?? {};
    if (bodyTimeout > 0 && waitingSince > 0 && now - waitingSince >= bodyTimeout) {
      exchange.giveUp(failures.bodyTooSlow());
    }
    if (this.#phase === "lingering") this.#lingering!.tick(now);
  }

  /** Answers any request with 503. */
  refuseOverload(): void {
    if (this.#phase === "head") this.#refuse(failures.busy());
  }

  /**
   * Ends an event stream, a tunnel, or a connection that has said nothing, as the server stops.
   *
   * @param keeps Whether a tunnel stays open.
   */
  stop(keeps = false): void {
    if (this.silent) this.#socket.end();
    else if (this.#tunnel !== undefined) keeps || this.stopTunnel();
    else this.#exchange.stop();
  }

  /** Lets the protocol of a tunnel end it. */
  stopTunnel(): void {
    this.#tunnel?.protocol.stop();
  }

  /** Ends the request: the server waits no longer. */
  expire(): void {
    if (this.#phase === "head") this.#refuse(failures.stopped());
    else if (this.#tunnel !== undefined) this.#tunnel.expire();
    else this.#exchange.expire();
  }

  /** Closes at once. */
  abort(): void {
    this.#socket.abort();
  }

  /** Takes the news from the exchange that the response was given to the socket. */
  responded(): void {
    if (this.#phase !== "exchange") return;
    this.#early = undefined;
    const { done, surplus } = this.#decoder;
    if (this.#ended || done && surplus === 0 && !this.#mayTrail) return this.#end();
    this.#phase = "lingering";
    this.#lingering = new LingeringClose(this.#server, this.#socket, this.#exchange);
  }

  /** {@inheritDoc ResponseTarget.upgraded} */
  upgraded({ protocol }: Upgrade, inHandler: boolean): void {
    // The socket may have failed at the head.
    if (this.#phase !== "exchange") return protocol.close();
    const early = this.#early;
    this.#phase = "tunnel";
    this.#early = undefined;
    this.#decoding = undefined;
    this.#tunnel = new ConnectionTunnel(protocol, this.#socket, this.#server);
    this.#server.tunnels.open++;
    this.#socket.read("flow");
    protocol.open(this.#tunnel);
    this.#forgetExchange();
    const begin = (): void => {
      this.#beginning = false;
      early?.each((bytes) => void this.#tunnel?.protocol.data(bytes));
      if (this.#ended) this.end();
      else if (this.#server.stopping) this.stopTunnel();
    };
    // A handler that made the switch itself still runs, and gets no messages until it has returned.
    this.#beginning = inHandler && early?.empty === false;
    if (this.#beginning) queueMicrotask(begin);
    else begin();
  }

  /** Lets go of the exchange of a tunnel, which may stay open for hours. */
  #forgetExchange(): void {
    if (this.#tunnel !== undefined && this.#exchanging?.response.settled === true) {
      this.#exchanging = undefined;
    }
  }

  /** Keeps bytes behind a request that asks for an upgrade. Returns false where it does not. */
  #keepEarly(bytes: Uint8Array): boolean {
    if (this.#phase !== "exchange" || this.#early === undefined) return false;
    this.#early.add(bytes);
    if (this.#early.full) this.#socket.read("pause");
    return true;
  }

  /** Begins the exchange. Returns whether the memory of the first bytes of the body is kept. */
  #begin(head: Head, first: Uint8Array, trailing: Uint8Array | undefined): boolean {
    const { maxBodyBytes } = this.#server.limits;
    const { contentLength } = head;
    const variables = readVariables(head);
    const method = readMethod(variables, contentLength);
    this.#mayTrail = contentLength === 0 && takesBody(method) &&
      webServer(variables.SERVER_SOFTWARE).sendsUndeclared;
    if (maxBodyBytes > 0 && contentLength > maxBodyBytes) {
      this.#refuse(failures.bodyTooLarge(maxBodyBytes), { method, variables });
      return false;
    }
    if (trailing !== undefined && takesBody(method)) {
      this.#refuse(failures.bodyTooLong(contentLength), { method, variables });
      return false;
    }
    this.#phase = "exchange";
    if (variables.HTTP_UPGRADE && !takesBody(method)) this.#early = new EarlyBytes();
    const hasBody = contentLength > 0 && takesBody(method);
    // Bytes beside the head are in memory that is used again. A Buffer gives a view, and no copy.
    const own = hasBody ? first.slice() : first;
    const body = hasBody ? this.#takeBody(own) : null;
    this.#socket.read(this.#decoder.done ? "idle" : "flow");
    // The body of a request that takes none is dropped, so that its length does not matter.
    if (trailing !== undefined && !this.#keepEarly(trailing)) {
      this.#server.warn(failures.trailingData());
    }
    this.#exchange.start({ variables, method, head, body });
    // A handler that reads the whole body already has the first bytes copied.
    const isKept = own.length > 0 && (body instanceof Uint8Array || body?.push(own) === true);
    // The exchange may be over by now.
    if ((this.#phase as Phase) === "exchange" && !this.#socket.watches) {
      this.#server.watchSoon(this);
    }
    return isKept && own.buffer === first.buffer;
  }

  /** The body: whole, or as it arrives after the first bytes. */
  #takeBody(first: Uint8Array): Uint8Array | IncomingBody {
    if (this.#decoder.done) return first;
    return new IncomingBody({
      length: first.length + this.#decoder.remaining,
      read: (mode) => {
        if (this.#phase !== "closed" && !this.#decoder.done) this.#socket.read(mode);
      },
      now: () => this.#server.now(),
      release: (piece) => this.#socket.release?.(piece),
    });
  }

  #refuse(error: ScgiError, parts?: RefusedParts): void {
    this.#phase = "exchange";
    this.#deadline.clear();
    this.#exchange.refuse(error, parts);
  }

  /** Refuses an upload with trailing data. Returns false where it is too late, and reports that. */
  #refuseTrailing(): boolean {
    const { contentLength } = this.#decoder.head!;
    const refused = this.#phase === "exchange" && takesBody(this.#exchange.response.method) &&
      this.#exchange.refuseLate(failures.bodyTooLong(contentLength));
    if (refused) this.#received();
    else this.#server.warn(failures.trailingData());
    return refused;
  }

  /** The request is whole. */
  #received(): void {
    this.#exchange.body?.complete();
    if (this.#phase === "lingering") {
      if (this.#decoder.surplus === 0) this.#end();
    } else if (this.#phase === "exchange") {
      this.#socket.read("idle");
      if (!this.#socket.watches) this.#server.watchSoon(this);
    }
  }

  #end(): void {
    this.#phase = "closing";
    this.#socket.end();
  }
}
