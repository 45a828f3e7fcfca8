/**
 * `fetch()` to an SCGI server.
 *
 * @module
 */

import { type Address, formatAddress, parseAddress, type ParsedAddress } from "./address.ts";
import { type DecodedReplyHead, ReplyDecoder } from "./cgi/reply-decoder.ts";
import { toVariables } from "./cgi/to-variables.ts";
import { isBodyless } from "./cgi/response.ts";
import { ScgiError } from "./errors.ts";
import { IncomingBody } from "./incoming-body.ts";
import { encodeHead } from "./scgi/encoder.ts";
import { connect } from "./sockets/node.ts";
import type { Socket, SocketEvents } from "./sockets/socket.ts";

/** What `fetch` takes beside a `RequestInit`. */
export interface ScgiRequestInit extends RequestInit {
  /** The SCGI server. */
  to: Address;
  /** CGI variables to set beside those of the request, or instead of them. */
  env?: Readonly<Record<string, string>> | undefined;
}

/**
 * Sends a request to an SCGI server. Redirects are not followed.
 *
 * A body of unknown length is read to its end first, since SCGI needs to know its length.
 *
 * @throws {ScgiError} `CONNECT_FAILED` (502) or `REPLY_INVALID` (502); or the reason of the signal.
 *
 * @example
 * ```ts
 * import { serve } from "scgi";
 * import { fetch } from "scgi/client";
 *
 * const server = serve(() => new Response("Hello"), { port: 0 });
 * await server.ready;
 * const response = await fetch("http://localhost/", { to: server.addr! });
 * console.log(await response.text()); // Hello
 * await server.shutdown();
 * ```
 */
export async function fetch(
  input: Request | string | URL,
  { to, env, ...init }: ScgiRequestInit,
): Promise<Response> {
  const address = parseAddress(to);
  // On Bun a Request made of another one forgets to hold back the sender of its body.
  const request = input instanceof Request && Object.keys(init).length === 0
    ? input
    : new Request(input, init);
  request.signal.throwIfAborted();
  const { length, body } = await measure(request);
  request.signal.throwIfAborted();
  const head = encodeHead(length, toVariables(request, env));
  return await new Call(request, head, body, length).open(address);
}

type Body = ReadableStream<Uint8Array> | Uint8Array | null;

/** The length of a body; where nothing tells it, the body is read. */
async function measure(request: Request): Promise<{ length: number; body: Body }> {
  if (request.body === null) return { length: 0, body: null };
  const length = request.headers.get("content-length");
  if (length !== null && /^[0-9]+$/.test(length)) {
    return { length: Number(length), body: request.body };
  }
  const body = new Uint8Array(await request.arrayBuffer());
  return { length: body.length, body };
}

/** One request and its reply. */
class Call implements SocketEvents {
  readonly #request: Request;
  readonly #head: Uint8Array;
  readonly #body: Body;
  readonly #length: number;
  readonly #decoder: ReplyDecoder = new ReplyDecoder();
  readonly #reply: PromiseWithResolvers<Response> = Promise.withResolvers<Response>();
  #socket!: Socket;
  #address!: ParsedAddress;
  #incoming: IncomingBody | undefined;
  #received = 0;
  #connected = false;
  #settled = false;
  #wake: (() => void) | undefined;

  constructor(request: Request, head: Uint8Array, body: Body, length: number) {
    this.#request = request;
    this.#head = head;
    this.#body = body;
    this.#length = length;
  }

  open(address: ParsedAddress): Promise<Response> {
    this.#address = address;
    connect(address, (socket) => {
      this.#socket = socket;
      return this;
    });
    this.#request.signal.addEventListener("abort", this.#onAbort, { once: true });
    return this.#reply.promise;
  }

  readonly #onAbort = (): void => this.#fail(this.#request.signal.reason);

  connect(): void {
    this.#connected = true;
    this.#socket.write(this.#head);
    this.#send().catch((error) => this.#fail(error));
  }

  data(bytes: Uint8Array): boolean {
    if (this.#settled) return false;
    try {
      const body = this.#decoder.push(bytes);
      const { head } = this.#decoder;
      if (head === undefined) return false;
      if (this.#incoming === undefined) this.#begin(head);
      this.#received += body.length;
      return body.length > 0 && this.#incoming?.push(body) === true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** The end of the connection is the end of the reply. */
  end(): void {
    if (this.#settled) return this.#socket.end();
    try {
      this.#decoder.end();
      const { length } = this.#decoder.head!;
      if (length !== undefined && this.#received !== length) {
        throw cut(`it declares ${length} bytes, and has ${this.#received}`);
      }
      this.#finish();
      this.#incoming!.complete();
    } catch (error) {
      this.#fail(error);
    }
    this.#socket.end();
  }

  drain(): void {
    this.#wake?.();
  }

  close(error?: unknown): void {
    this.#wake?.();
    if (this.#settled) return;
    if (!this.#connected) this.#fail(unreachable(this.#address, error));
    else this.#fail(cut("the connection was lost", error));
  }

  #begin({ status, statusText, headers }: DecodedReplyHead): void {
    const init = { status, statusText, headers };
    if (isBodyless(status) || this.#request.method === "HEAD") {
      this.#finish();
      this.#reply.resolve(new Response(null, init));
      this.#socket.end();
      return;
    }
    this.#incoming = new IncomingBody({
      read: (mode) => this.#socket.read(mode),
      now: () => 0,
      cancelled: () => this.#fail(new ScgiError("CLIENT_GONE", "The reply was not wanted")),
    });
    this.#reply.resolve(new Response(this.#incoming.stream, init));
  }

  async #send(): Promise<void> {
    if (this.#body === null) return;
    if (this.#body instanceof Uint8Array) return void this.#socket.write(this.#body);
    const reader = this.#body.getReader();
    let sent = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#settled) return void reader.cancel().catch(() => {});
      sent += value?.length ?? 0;
      if (done ? sent < this.#length : sent > this.#length) {
        void reader.cancel().catch(() => {});
        throw new TypeError(`The body has not the ${this.#length} bytes that content-length says`);
      }
      if (done) return;
      if (this.#socket.write(value)) continue;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  #fail(error: unknown): void {
    if (this.#settled) return;
    this.#finish();
    this.#reply.reject(error);
    this.#incoming?.fail(error);
    this.#socket.abort();
  }

  #finish(): void {
    this.#settled = true;
    this.#request.signal.removeEventListener("abort", this.#onAbort);
  }
}

function unreachable(address: ParsedAddress, cause: unknown): ScgiError {
  return new ScgiError("CONNECT_FAILED", `Cannot connect to ${formatAddress(address)}`, {
    status: 502,
    cause,
  });
}

function cut(why: string, cause?: unknown): ScgiError {
  return new ScgiError("REPLY_INVALID", `The SCGI server's reply is not whole: ${why}`, {
    status: 502,
    cause,
  });
}
