/**
 * One request to an SCGI server and its reply, over one connection.
 *
 * @module
 */

import type { ParsedAddress } from "../address.ts";
import { concat } from "../scgi/bytes.ts";
import { type DecodedHead, ResponseDecoder } from "../cgi/response-decoder.ts";
import { isBodyless } from "../cgi/response.ts";
import { ScgiError } from "../errors.ts";
import { IncomingBody } from "../transport/incoming-body.ts";
import { BodyReader } from "../runtime/fetch/cancel.ts";
import { connect } from "../runtime/sockets/node.ts";
import type { Socket, SocketEvents } from "../transport/socket.ts";
import { connectTooSlow, notWhole, replyTooSlow, unreachable, wrongLength } from "./failures.ts";
import type { Upload } from "./upload.ts";

/** What is called. */
export interface Callee {
  readonly address: ParsedAddress;
  /** How long the connecting may take, in milliseconds; 0 is for ever. */
  readonly connectTimeout: number;
  /** How long the server may do nothing before the head of its reply, likewise. */
  readonly replyTimeout: number;
  /** Whether control characters in the head of its reply are refused, wherever they stand. */
  readonly strict?: boolean | undefined;
}

/** A body up to this leaves in one write with its head. */
const SMALL_BYTES = 65536;
/** How much is written at a time, so that a server that takes little is told from one that stands. */
const PIECE_BYTES = 262144;
/** How long the end of a reply may follow its last byte, where its length is known. */
const END_MS = 1000;

/** One request and its reply. */
export class Call implements SocketEvents {
  readonly #callee: Callee;
  readonly #request: Request;
  readonly #head: Uint8Array;
  readonly #upload: Upload;
  readonly #decoder: ResponseDecoder;
  readonly #reply: Promise<Response>;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #socket!: Socket;
  #reader: BodyReader | undefined;
  #incoming: IncomingBody | undefined;
  #received = 0;
  #connected = false;
  #sent = false;
  #settled = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wake: (() => void) | undefined;

  /** Makes the call of a request that is encoded; {@linkcode open} begins it. */
  constructor(callee: Callee, request: Request, head: Uint8Array, upload: Upload) {
    this.#callee = callee;
    this.#decoder = new ResponseDecoder(callee.strict);
    this.#request = request;
    this.#head = head;
    this.#upload = upload;
    this.#reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Connects, sends the request, and gives the reply once its head is here. */
  open(): Promise<Response> {
    const { address, connectTimeout } = this.#callee;
    this.#request.signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#after(connectTimeout, () => this.#fail(connectTooSlow(address, connectTimeout)));
    try {
      connect(address, (socket) => {
        this.#socket = socket;
        return this;
      });
    } catch (error) {
      // A permission that is missing, for one.
      this.#finish();
      this.#reject(unreachable(address, error));
    }
    return this.#reply;
  }

  readonly #onAbort = (): void => this.#fail(this.#request.signal.reason);

  connect(): void {
    this.#connected = true;
    this.#rest();
    this.#send().catch((error) => this.#fail(error));
  }

  data(bytes: Uint8Array): boolean {
    if (this.#settled) return false;
    try {
      const body = this.#decoder.push(bytes);
      const { head } = this.#decoder;
      if (head === undefined) return false;
      if (this.#incoming === undefined) this.#begin(head, body.length);
      return !this.#settled && body.length > 0 && this.#receive(body, head);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** The end of the connection is the end of the reply. */
  end(): void {
    if (this.#settled) return;
    try {
      this.#decoder.end();
      const { length } = this.#decoder.head!;
      if (length !== undefined && this.#received !== length) {
        throw notWhole(`it declares ${length} bytes, and has ${this.#received}`);
      }
      this.#complete();
    } catch (error) {
      this.#fail(error);
    }
  }

  drain(): void {
    this.#wake?.();
  }

  close(error?: unknown): void {
    this.#wake?.();
    if (this.#settled) return;
    // A server that closes while it is sent something resets the connection, even after a whole reply.
    if (this.#received === this.#decoder.head?.length) this.#complete();
    else if (this.#connected) this.#fail(notWhole("the connection was lost", error));
    else this.#fail(unreachable(this.#callee.address, error));
  }

  /** The head of the reply is here, and so many bytes of its body. */
  #begin({ status, statusText, headers, length }: DecodedHead, first: number): void {
    this.#rest();
    const init = { status, statusText, headers };
    if (isBodyless(status) || this.#request.method === "HEAD") {
      this.#resolve(new Response(null, init));
      return this.#complete();
    }
    if (length !== undefined && first > length) throw hasMore(length);
    this.#incoming = new IncomingBody({
      length: 0,
      read: (mode) => this.#socket.read(mode),
      now: () => 0,
      cancelled: () => this.#fail(new ScgiError("CLIENT_GONE", "The reply was not wanted")),
    });
    this.#resolve(new Response(this.#incoming.stream, init));
    if (length === 0) this.#awaitEnd();
  }

  #receive(body: Uint8Array, { length = Infinity }: DecodedHead): boolean {
    this.#received += body.length;
    if (this.#received > length) throw hasMore(length);
    const kept = this.#incoming!.push(body);
    if (this.#received === length) this.#awaitEnd();
    return kept;
  }

  /** All is here that was declared; a server that does not close is not waited for. */
  #awaitEnd(): void {
    this.#after(END_MS, () => this.#complete());
  }

  async #send(): Promise<void> {
    const { body, length } = this.#upload;
    if (body === null) {
      await this.#write(this.#head);
    } else if (body instanceof Uint8Array) {
      const small = length <= SMALL_BYTES;
      const first = small ? concat([this.#head, body], this.#head.length + length) : this.#head;
      await this.#write(first);
      for (let at = small ? length : 0; at < length && !this.#settled; at += PIECE_BYTES) {
        await this.#write(body.subarray(at, at + PIECE_BYTES));
      }
    } else {
      await this.#write(this.#head);
      await this.#stream(body, length);
    }
    if (this.#settled) return;
    this.#sent = true;
    this.#await();
  }

  async #stream(body: ReadableStream<Uint8Array>, length: number): Promise<void> {
    const reader = this.#reader = new BodyReader(body);
    let sent = 0;
    while (!this.#settled) {
      const { done, value } = await reader.read();
      if (this.#settled) return;
      sent += value?.length ?? 0;
      if (done ? sent < length : sent > length) throw wrongLength(length);
      if (done) return;
      await this.#write(value!);
    }
  }

  /** Writes, and waits until all of it has left. */
  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#settled || this.#socket.write(bytes)) return;
    this.#await();
    await new Promise<void>((resolve) => this.#wake = resolve);
    if (this.#decoder.head === undefined) this.#rest();
  }

  /** It is the server's turn now. After the head of its reply it may be as quiet as it likes. */
  #await(): void {
    if (this.#decoder.head !== undefined) return;
    const { address, replyTimeout } = this.#callee;
    this.#after(replyTimeout, () => this.#fail(replyTooSlow(address, replyTimeout)));
  }

  #after(ms: number, action: () => void): void {
    this.#rest();
    if (ms > 0) this.#timer = setTimeout(action, ms);
  }

  #rest(): void {
    clearTimeout(this.#timer);
  }

  #complete(): void {
    this.#finish();
    this.#incoming?.complete();
    // A request that nobody takes any more would keep the connection open.
    if (this.#sent) this.#socket.end();
    else this.#socket.abort();
  }

  #fail(error: unknown): void {
    if (this.#settled) return;
    this.#finish();
    this.#reject(error);
    this.#incoming?.fail(error);
    this.#socket.abort();
  }

  #finish(): void {
    this.#settled = true;
    this.#rest();
    this.#request.signal.removeEventListener("abort", this.#onAbort);
    this.#wake?.();
    if (!this.#sent) void this.#reader?.cancel();
  }
}

function hasMore(length: number): ScgiError {
  return notWhole(`it declares ${length} bytes, and has more`);
}
