/**
 * One request to an SCGI server and its response, over one connection.
 *
 * @module
 */

import { RawResponse } from "../cgi/raw-response.ts";
import {
  addFields,
  type DecodedHead,
  type Field,
  ResponseDecoder,
  valueOf,
} from "../cgi/response-decoder.ts";
import { isBodyless } from "../cgi/response.ts";
import { ScgiError } from "../errors.ts";
import { IncomingBody } from "../transport/incoming-body.ts";
import { isOwn } from "../runtime/fetch/lazy-response.ts";
import { wholeResponse } from "../runtime/fetch/whole-response.ts";
import { upgradeResponse } from "../runtime/fetch/upgrade-response.ts";
import { connect as connectTo } from "../runtime/sockets/connect.ts";
import type { Socket, SocketEvents } from "../transport/socket.ts";
import type { Destination } from "./destination.ts";
import {
  connectTimedOut,
  invalidResponse,
  noResponse,
  responseTimedOut,
  unreachable,
} from "./failures.ts";
import { type Limited, TimeLimit } from "./time-limit.ts";
import type { Upload } from "./upload.ts";
import { inOneWrite, type UploadEvents, UploadWriter } from "./upload-writer.ts";

/** The time limit for the end of the connection after the last byte of a known length. */
const END_MS = 1000;

/**
 * Takes over the connection of a response of status 101, which is given as well. Returns the handlers
 * of the connection's events; the bytes behind the head follow.
 */
export type TakeOver = (response: Response, server: Socket) => SocketEvents;

/** The parts of a request that its call depends on. */
export interface Caller {
  readonly method: string;
  /** Undefined for a request that nothing aborts. */
  readonly signal: AbortSignal | undefined;
}

export class Call implements SocketEvents, Limited, UploadEvents {
  readonly #destination: Destination;
  readonly #caller: Caller;
  readonly #head: Uint8Array;
  readonly #upload: Upload;
  readonly #decoder: ResponseDecoder | RawResponse;
  readonly #response: Promise<Response>;
  readonly #takeOver: TakeOver | undefined;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #socket!: Socket;
  /** Writes a request that does not leave in one write. */
  #writer: UploadWriter | undefined;
  #incoming: IncomingBody | undefined;
  /** The handlers of the events after a switch of protocols. */
  #tunnel: SocketEvents | undefined;
  #received = 0;
  #connected = false;
  /** Whether a request that was written at once has not left yet. */
  #leaving = false;
  #sent = false;
  #settled = false;
  readonly #limit: TimeLimit = new TimeLimit(this);

  /** @param head The encoded head of the request. */
  constructor(
    destination: Destination,
    caller: Caller,
    head: Uint8Array,
    upload: Upload,
    takeOver?: TakeOver,
  ) {
    this.#takeOver = takeOver;
    this.#destination = destination;
    const { raw, strict } = destination;
    this.#decoder = raw ? new RawResponse() : new ResponseDecoder(strict, takeOver !== undefined);
    this.#caller = caller;
    this.#head = head;
    this.#upload = upload;
    this.#response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Connects and sends the request. Resolves with the response once its head is complete. */
  open(): Promise<Response> {
    const { address, connectTimeout } = this.#destination;
    const { connect = (accept) => connectTo(address, accept) } = this.#destination;
    this.#caller.signal?.addEventListener("abort", this, { once: true });
    this.#limit.set(connectTimeout);
    try {
      connect((socket) => {
        this.#socket = socket;
        return this;
      });
    } catch (error) {
      // Deno throws if a permission is missing.
      this.#finish();
      this.#reject(unreachable(address, error));
    }
    return this.#response;
  }

  /** Takes the event of the signal. */
  handleEvent(): void {
    if (this.#isWhole) this.#complete();
    else this.#fail(this.#caller.signal!.reason);
  }

  /** Takes the end of the time limit of the connection, of the head, or of the end. */
  expire(): void {
    const { address, connectTimeout, replyTimeout } = this.#destination;
    if (!this.#connected) this.#fail(connectTimedOut(address, connectTimeout));
    else if (this.#decoder.head === undefined) this.#fail(responseTimedOut(address, replyTimeout));
    else this.#complete();
  }

  connect(): void {
    this.#connected = true;
    this.#limit.clear();
    const bytes = inOneWrite(this.#head, this.#upload);
    if (bytes === undefined) {
      this.#writer = new UploadWriter(this.#socket, this);
      this.#writer.send(this.#head, this.#upload).catch((error) => this.#fail(error));
    } else if (this.#socket.write(bytes)) {
      this.requested();
    } else if (!this.#settled) {
      this.#leaving = true;
      this.#awaitHead();
    }
  }

  data(bytes: Uint8Array): boolean {
    if (this.#tunnel !== undefined) return this.#tunnel.data(bytes);
    if (this.#settled) return false;
    try {
      const rest = this.#decoder.push(bytes);
      const { head } = this.#decoder;
      if (head === undefined) return false;
      // Bytes after the declared length are ignored, as by nginx and lighttpd.
      const length = head.status === 101 ? Infinity : head.length ?? Infinity;
      const wanted = length - this.#received;
      const body = rest.length > wanted ? rest.subarray(0, wanted) : rest;
      if (this.#incoming === undefined) this.#begin(head, body);
      const kept = !this.#settled && body.length > 0 && this.#receive(body, length);
      if (!this.#settled && body.length < rest.length) this.#complete();
      return kept;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** The end of the connection is the end of the response. */
  end(): void {
    if (this.#tunnel !== undefined) return this.#tunnel.end();
    if (this.#settled) return;
    if (this.#decoder.isEmpty) return this.#fail(noResponse());
    try {
      this.#decoder.end();
      const { length } = this.#decoder.head!;
      if (length !== undefined && this.#received !== length) {
        throw invalidResponse(
          `its Content-Length is ${length} bytes, but only ${this.#received} arrived`,
        );
      }
      this.#complete();
    } catch (error) {
      this.#fail(error);
    }
  }

  drain(): void {
    if (this.#leaving && !this.#settled) this.requested();
    this.#leaving = false;
    this.#writer?.drained();
    this.#tunnel?.drain();
  }

  close(error?: unknown): void {
    this.#tunnel?.close(error);
    if (this.#settled) return;
    // A server that closes with request bytes unread resets the connection after its response.
    if (this.#isWhole) this.#complete();
    else if (!this.#connected) this.#fail(unreachable(this.#destination.address, error));
    else if (this.#decoder.isEmpty) this.#fail(noResponse(error));
    else this.#fail(invalidResponse("the connection was lost", error));
  }

  /** Whether the last declared byte of the response has arrived. */
  get #isWhole(): boolean {
    return this.#received === this.#decoder.head?.length;
  }

  /** Starts the response; `first` has the bytes of its body that came with its head. */
  #begin(head: DecodedHead, first: Uint8Array): void {
    this.#limit.clear();
    const { status, length } = head;
    const fields = this.#destination.fieldsOf?.(head) ?? head.fields;
    if (status === 101) return this.#switch(fields, first);
    const isRaw = this.#destination.raw === true;
    if (!isRaw && (isBodyless(status) || this.#caller.method === "HEAD")) {
      this.#respond(head, fields, (init) => new Response(null, init));
      return this.#complete();
    }
    // Bun.serve gives bytes without a type one of its own.
    if (first.length === length && valueOf(fields, "content-type")) {
      this.#respond(head, fields, (init) => wholeResponse(first, init));
      return this.#complete();
    }
    const incoming = this.#incoming = new IncomingBody({
      length: 0,
      read: (mode) => this.#socket.read(mode),
      now: () => 0,
      cancelled: () =>
        this.#fail(new ScgiError("CLIENT_GONE", "The body of the response was cancelled")),
    });
    this.#respond(head, fields, (init) => new Response(incoming.stream, init));
    if (length === 0) this.#awaitEnd();
  }

  /** Resolves with the Response that `make` makes, which gets the fields. */
  #respond(
    { status, statusText }: DecodedHead,
    fields: readonly Field[],
    make: (init: ResponseInit) => Response,
  ): void {
    if (isOwn(Response)) {
      // On Deno, headers in the initializer would cost more than all else of a Response.
      const response = make({ status, statusText });
      addFields(response.headers, fields);
      return this.#resolve(response);
    }
    // Another class in the place of the runtime's may forget fields that are added later.
    this.#resolve(make({ status, statusText, headers: addFields(new Headers(), fields) }));
  }

  #switch(fields: readonly Field[], first: Uint8Array): void {
    this.#finish();
    const response = upgradeResponse(fields);
    this.#tunnel = this.#takeOver!(response, this.#socket);
    this.#resolve(response);
    if (first.length > 0) this.#tunnel.data(first.slice());
    this.#socket.read("flow");
  }

  #receive(body: Uint8Array, length: number): boolean {
    this.#received += body.length;
    const kept = this.#incoming!.push(body);
    if (this.#received === length) this.#awaitEnd();
    return kept;
  }

  /** Completes a response whose declared length has arrived, {@linkcode END_MS} later at most. */
  #awaitEnd(): void {
    this.#limit.set(END_MS);
  }

  /** {@inheritDoc UploadEvents.requested} */
  requested(): void {
    this.#sent = true;
    this.#awaitHead();
  }

  /** {@inheritDoc UploadEvents.blocked} */
  blocked(): void {
    this.#awaitHead();
  }

  /** {@inheritDoc UploadEvents.flowing} */
  flowing(): void {
    if (this.#decoder.head === undefined) this.#limit.clear();
  }

  /** Starts `replyTimeout`, unless the head of the response is complete. */
  #awaitHead(): void {
    if (this.#decoder.head === undefined) this.#limit.set(this.#destination.replyTimeout);
  }

  #complete(): void {
    this.#finish();
    this.#incoming?.complete();
    // The unsent rest of a request would keep the connection open.
    if (this.#sent) this.#socket.end();
    else this.#socket.abort();
  }

  #fail(error: unknown): void {
    if (this.#settled) return;
    this.#finish(error);
    this.#reject(error);
    this.#incoming?.fail(error);
    this.#socket.abort();
  }

  #finish(reason?: unknown): void {
    this.#settled = true;
    this.#limit.clear();
    this.#caller.signal?.removeEventListener("abort", this);
    this.#writer?.stop(reason);
  }
}
