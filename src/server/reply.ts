/**
 * Writes one `Response` to a socket: head and body in one piece where the body is there, and as a
 * stream that waits for its reader where not.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import {
  isRecorded,
  type RecordedBlob,
  type RecordedBody,
  recordedBody,
} from "../runtime/fetch/recording.ts";
import {
  encodeReplyHead,
  isBodyless,
  isEventStream,
  type ReplyHead,
  type ReplyInfo,
} from "../cgi/response.ts";
import { webServer } from "../cgi/web-server.ts";
import type { Failure } from "./context.ts";
import { ScgiError } from "../errors.ts";
import type { Host } from "./host.ts";
import { encodePiece, latin1Bytes, utf8Bytes, writeLatin1 } from "../scgi/latin1.ts";
import { blobLength } from "../runtime/fetch/blob-length.ts";
import { cancel, cancelAfterRead, mayBeIterable } from "../runtime/fetch/cancel.ts";
import { DECODED_CODINGS } from "../runtime/fetch/codings.ts";
import { impliedType } from "../runtime/fetch/implied-type.ts";
import { readBytes } from "../runtime/fetch/read-bytes.ts";
import type { Socket } from "../transport/socket.ts";

/** What a reply depends on beside its Response. */
export interface ReplyTarget {
  /** Method of the request. */
  method: string;
  /** The request, against whose URL a local `Location` is completed. */
  request: Pick<Request, "url"> | undefined;
  /** `SERVER_SOFTWARE` of the request. */
  software: string | undefined;
  /** Where it goes. */
  socket: Pick<Socket, "write" | "resets">;
  /** Is told of what was mended or may be refused, and counts what was written. */
  host: Pick<Host, "now" | "warn" | "traffic">;
  /** Is told of the end. */
  owner: ReplyOwner;
}

/** Who sends a reply. */
export interface ReplyOwner {
  /** Is told once that everything was given to the socket, or why not. */
  settled(reply: Reply, failure?: Failure): void;
}

/**
 * Turns of the microtask queue in which a body that is there already has been read: so a reply
 * that is there leaves in one write, and the head of one that is not leaves at once.
 */
const PEEK_TURNS = 32;
/** The most of a body that is gathered before its head leaves. */
const PEEK_BYTES = 65536;
/** After so many bytes of a stream others have their turn, even if it and its reader never wait. */
const TURN_BYTES = 1_048_576;
/** What a chunk counts at least, so that small ones come to an end as well. */
const CHUNK_BYTES = 4096;
/** A body from this length on is not copied behind its head. */
const COPIED_BYTES = 65536;
/** How much of a long text is encoded at a time; about what a socket takes. */
const PIECE_BYTES = 131072;
/** The memory of a piece that has left. */
let spare: Uint8Array | undefined;
/** A head over this length is refused by nginx unless configured. */
const COMMON_HEAD_BYTES = 4096;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** What a read gave: one of a chunk, the end, and a failure. */
interface Read {
  readonly value?: Uint8Array;
  readonly done?: true;
  readonly failure?: Failure;
}

/** One reply. */
export class Reply {
  /** Whether the head has left, so that no other reply can take its place. */
  headSent = false;
  /** Since when the socket takes nothing, in milliseconds; 0 while it does. */
  blockedSince = 0;
  /** Since when the response's stream has given nothing, in milliseconds; 0 while it does. */
  quietSince = 0;
  /** Whether everything that was written has left. */
  flushed = true;
  /** The status that was sent; 0 before. */
  status = 0;
  /** Bytes that were written. */
  written = 0;

  readonly #target: ReplyTarget;
  #reader: Reader | undefined;
  #closed = false;
  /** The Response whose stream is sent. */
  #streamed: Response | undefined;
  /** The stream, where it must not be cancelled in the middle of a read. */
  #uncancellable: ReadableStream<Uint8Array> | undefined;
  /** Whether the stream was ended as if by itself. */
  #ended = false;
  /** What the last read gave; undefined while it waits. */
  #peeked: Read | undefined;
  #setCookies: readonly string[] | undefined;
  #wake: (() => void) | undefined;

  /** Makes a reply to one request. */
  constructor(target: ReplyTarget) {
    this.#target = target;
  }

  /**
   * Sends a Response; `settled` tells when it was sent. Until the head has left, another one can
   * be sent after one that failed.
   *
   * @param setCookies Values of Set-Cookie fields beside those of the Response.
   * @throws {ScgiError} `RESPONSE_INVALID` where it cannot be sent.
   */
  send(response: Response, setCookies?: readonly string[]): void {
    this.#setCookies = setCookies;
    // Bun forgets the type that a body implies when the body is touched before the headers.
    void response.headers;
    if (response.bodyUsed) throw unusable("Its body was read already");
    const recorded = recordedBody(response);
    const head = this.#target.method === "HEAD";
    if (isBodyless(response.status)) {
      this.#sendHead(response);
      const told = discard(response);
      return told === undefined ? this.#settled() : void told.then(() => this.#settled());
    }
    if (typeof recorded === "string") {
      if (!head) return this.#sendText(response, recorded);
      this.#sendHead(response, Buffer.byteLength(recorded), impliedType(recorded));
      return this.#settled();
    }
    if (head && recorded?.kind === "bytes") {
      this.#sendHead(response, recorded.length, impliedType(recorded));
      return this.#settled();
    }
    const { body } = response;
    if (body === null) {
      this.#sendHead(response, head ? undefined : 0);
      return this.#settled();
    }
    if (recorded?.kind === "bytes") return this.#sendBytes(response, recorded.length);
    if (body.locked) throw unusable("Its body is locked to a reader");
    // What fetch() gave may be quiet for ever, and must not be waited for.
    if (!isRecorded(recorded) && response.url === "" && mayBeIterable(body)) {
      this.#uncancellable = body;
    }
    const sent = recorded?.kind === "blob"
      ? this.#sendBlob(response, recorded)
      : this.#sendStream(response, body.getReader(), recorded);
    sent.then(() => this.#settled(), (error) => {
      // Another Response may take its place.
      if (!this.headSent) void this.#leave(error);
      this.#settled({ error });
    });
  }

  /** The socket took everything. */
  drain(): void {
    this.flushed = true;
    this.blockedSince = 0;
    this.#wake?.();
  }

  /** Nobody will take the rest: the response's stream is cancelled. */
  cancel(reason: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#leave(reason);
    this.#wake?.();
  }

  /** Ends an event stream as if it had ended by itself; its client comes back. */
  endEventStream(reason: unknown): void {
    try {
      this.#ended = this.#streamed !== undefined && isEventStream(this.#streamed);
    } catch {
      // The headers of an app's own subclass may throw, and nothing asked for these.
    }
    if (this.#ended) void this.#leave(reason);
  }

  /** Cancels the stream, once. */
  async #leave(reason?: unknown): Promise<void> {
    const [reader, stream] = [this.#reader, this.#uncancellable];
    this.#reader = undefined;
    if (reader === undefined) return;
    if (stream === undefined || this.#peeked !== undefined) return await cancel(reader, reason);
    cancelAfterRead(stream, reader, reason);
  }

  #settled(failure?: Failure): void {
    this.#target.owner.settled(this, failure);
  }

  #sendHead(response: Response, length?: number, type?: string): void {
    this.#write(latin1Bytes(this.#encodeHead(response, type, length).text));
  }

  #sendText(response: Response, body: string): void {
    const length = Buffer.byteLength(body);
    const { text } = this.#encodeHead(response, impliedType(body), length);
    if (length < PIECE_BYTES) {
      this.#write(latin1Bytes(text, body, length));
      return this.#settled();
    }
    this.#write(latin1Bytes(text));
    this.#sendPieces(body).then(
      () => this.#settled(),
      (error) => this.#settled({ error }),
    );
  }

  /** Encodes a long text piece by piece, in the same memory: new memory costs more than the text. */
  async #sendPieces(body: string): Promise<void> {
    const piece = spare ?? new Uint8Array(PIECE_BYTES);
    spare = undefined;
    for (let at = 0; at < body.length && !this.#closed;) {
      const { read, written } = encodePiece(body, at, piece);
      at += read;
      if (!this.#write(piece.subarray(0, written))) await this.#room();
    }
    if (!this.#closed) spare = piece;
  }

  #sendBytes(response: Response, length: number): void {
    readBytes(response, length).then((body) => {
      if (this.#closed) return;
      const type = impliedType({ kind: "bytes", length: body.length });
      const { text } = this.#encodeHead(response, type, body.length);
      if (body.length < COPIED_BYTES) return void this.#write(join(text, [body], body.length));
      this.#write(latin1Bytes(text));
      this.#write(body);
    }).then(() => this.#settled(), (error) => this.#settled({ error }));
  }

  async #sendBlob(response: Response, recorded: RecordedBlob): Promise<void> {
    const reader = this.#target.method === "HEAD" ? undefined : response.body!.getReader();
    this.#reader = reader;
    const length = await blobLength(recorded.blob);
    if (this.#closed) return;
    if (reader !== undefined) return await this.#sendStream(response, reader, recorded, length);
    this.#sendHead(response, length, impliedType(recorded));
  }

  async #sendStream(
    response: Response,
    reader: Reader,
    recorded?: RecordedBody,
    known?: number,
  ): Promise<void> {
    this.#reader = reader;
    this.#streamed = response;
    const chunks: Uint8Array[] = [];
    let size = 0;
    let next = this.#peek(reader);
    let result: Read | undefined;
    for (let turns = PEEK_TURNS; size < PEEK_BYTES; next = this.#peek(reader)) {
      while (this.#peeked === undefined && turns-- > 0) await null;
      result = this.#peeked;
      if (result?.value === undefined) break;
      chunks.push(result.value);
      size += result.value.length;
    }
    if (this.#closed) return;
    if (result?.failure !== undefined) throw result.failure.error;
    const done = result?.done === true;
    // Bun.serve takes a fetched body for bytes once it is whole.
    const fetched = response.url !== "";
    const type = impliedType(recorded, fetched && !done ? undefined : chunks[0], fetched);
    const head = this.#encodeHead(response, type, done ? size : known, !done);
    if (this.#target.method === "HEAD") {
      this.#write(latin1Bytes(head.text));
      return await this.#leave();
    }
    const first = join(head.text, chunks, size);
    if (done) return void this.#write(first);
    await this.#pump(first, size, head.length, next);
  }

  /** Reads, and keeps what came for who does not wait for it. */
  #peek(reader: Reader): Promise<Read> {
    this.#peeked = undefined;
    return reader.read().then(
      (result) => this.#peeked = toRead(result),
      (error) => this.#peeked = this.#ended ? { done: true } : { failure: { error } },
    );
  }

  /** Writes what is there, then what the stream gives, up to the length that was declared. */
  async #pump(
    first: Uint8Array,
    size: number,
    length = Infinity,
    next: Promise<Read>,
  ): Promise<void> {
    if (size > length) {
      this.#write(first.subarray(0, first.length - (size - length)));
      return await this.#cut(length);
    }
    if (!this.#write(first)) await this.#room();
    let turn = 0;
    while (!this.#closed) {
      this.quietSince = this.#target.host.now();
      const result = await next;
      this.quietSince = 0;
      if (this.#closed) return;
      const { value, failure } = result;
      if (failure !== undefined) throw failure.error;
      if (value === undefined) break;
      const room = length - size;
      size += value.length;
      if (size > length) {
        if (room > 0) this.#write(value.subarray(0, room));
        return await this.#cut(length);
      }
      if (value.length > 0 && !this.#write(value)) await this.#room();
      turn += Math.max(value.length, CHUNK_BYTES);
      if (turn >= TURN_BYTES) {
        turn = 0;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      if (this.#reader === undefined) break;
      next = this.#peek(this.#reader);
    }
    if (!this.#closed && length !== Infinity && size < length) {
      throw new ScgiError(
        "RESPONSE_LENGTH",
        `The body ended after ${size} of the ${length} bytes that its Content-Length declares`,
      );
    }
  }

  async #cut(length: number): Promise<void> {
    this.#target.host.warn(
      new ScgiError(
        "RESPONSE_LENGTH",
        `The body is longer than its Content-Length; what comes after ${length} bytes was cut`,
      ),
    );
    await this.#leave();
  }

  #encodeHead(
    response: Response,
    type: string | undefined,
    length: number | undefined,
    streamed = false,
  ): ReplyHead {
    const declares = !streamed || this.#declaresLength();
    const info = new HeadInfo(this.#target, type, length, declares, this.#setCookies);
    const head = encodeReplyHead(response, info);
    this.status = response.status;
    if (head.text.length > COMMON_HEAD_BYTES) {
      this.#target.host.warn(
        new ScgiError(
          "RESPONSE_HEAD_LARGE",
          `A reply has a head of ${head.text.length} bytes. nginx answers 502 to one over ` +
            `${COMMON_HEAD_BYTES} unless its scgi_buffer_size is raised`,
        ),
      );
    }
    return head;
  }

  /** Whether a stream that ends too soon is worse with a length than without. */
  #declaresLength(): boolean {
    const { socket, software } = this.#target;
    return socket.resets || !webServer(software).keepsClient;
  }

  #write(bytes: Uint8Array): boolean {
    this.headSent = true;
    this.written += bytes.length;
    this.#target.host.traffic.out += bytes.length;
    this.flushed = this.#target.socket.write(bytes);
    if (!this.flushed && this.blockedSince === 0) this.blockedSince = this.#target.host.now();
    return this.flushed;
  }

  #room(): Promise<void> {
    if (this.flushed || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

class HeadInfo implements ReplyInfo {
  readonly decoded: RegExp = DECODED_CODINGS;
  readonly type: string | undefined;
  readonly length: number | undefined;
  readonly declareLength: boolean;
  readonly setCookies: readonly string[] | undefined;
  readonly #target: ReplyTarget;

  constructor(
    target: ReplyTarget,
    type: string | undefined,
    length: number | undefined,
    declareLength: boolean,
    setCookies: readonly string[] | undefined,
  ) {
    this.#target = target;
    this.type = type;
    this.length = length;
    this.declareLength = declareLength;
    this.setCookies = setCookies;
  }

  get method(): string {
    return this.#target.method;
  }

  /** Few replies need it, and it has to be parsed. */
  get url(): string {
    return this.#target.request?.url ?? "http://localhost/";
  }
}

/** Cancels the body of a Response that nobody will read; undefined where it has none. */
export function discard(response: unknown): Promise<void> | undefined {
  try {
    if (!(response instanceof Response) || response.bodyUsed) return undefined;
    const { body } = response;
    return body === null || body.locked ? undefined : cancel(body);
  } catch {
    // A proxy, or an object that only looks like a Response: there is nothing to cancel.
    return undefined;
  }
}

function toRead(result: { done: boolean; value?: unknown }): Read {
  try {
    const { done, value } = result;
    if (done) return { done };
    return { value: toBytes(value) };
  } catch (error) {
    return { failure: { error } };
  }
}

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return utf8Bytes(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  throw unusable(`Its stream gave a value of type ${typeof value}, and not bytes`);
}

function join(text: string, chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(text.length + size);
  let at = writeLatin1(text, bytes);
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function unusable(why: string): ScgiError {
  return new ScgiError("RESPONSE_INVALID", `The Response cannot be sent: ${why}`, { status: 500 });
}
