/**
 * Sends one `Response`: head and body in one write where the body is there, and the body as a stream
 * that waits for its reader where not.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { encodeReplyHead, isBodyless, type ReplyHead, type ReplyInfo } from "../cgi/response.ts";
import { webServer } from "../cgi/web-server.ts";
import { ScgiError } from "../errors.ts";
import { blobLength } from "../runtime/fetch/blob-length.ts";
import { cancel } from "../runtime/fetch/cancel.ts";
import { DECODED_CODINGS } from "../runtime/fetch/codings.ts";
import { impliedType } from "../runtime/fetch/implied-type.ts";
import { readBytes } from "../runtime/fetch/read-bytes.ts";
import { type RecordedBody, recordedBody } from "../runtime/fetch/recording.ts";
import { encodePiece, latin1Bytes, writeLatin1 } from "../scgi/latin1.ts";
import { BodyStream, type Read } from "./body-stream.ts";
import type { ResponseWriter } from "./response-writer.ts";

/** The parts of a request that its response depends on. */
export interface ResponseInfo {
  readonly method: string;
  /** URL of the request, against which a local `Location` is completed. */
  readonly url: string;
  /** `SERVER_SOFTWARE` of the request. */
  readonly software: string | undefined;
  /** Values of Set-Cookie fields beside those of the Response. */
  readonly setCookies: readonly string[] | undefined;
  /** Takes remarks on what was mended, and on what web servers may refuse. */
  warn(error: ScgiError): void;
}

/**
 * Turns of the microtask queue in which a body that is there already has been read: so a response
 * that is there leaves in one write, and the head of one that is not leaves at once.
 */
const PEEK_TURNS = 32;
/** The most of a body that is gathered before its head leaves. */
const PEEK_BYTES = 65536;
/** After so many bytes of a stream others have their turn, even if it and its reader never wait. */
const TURN_BYTES = 1_048_576;
/** The least that a chunk counts, so that small ones come to an end as well. */
const CHUNK_BYTES = 4096;
/** A body from this length on is not copied behind its head. */
const COPIED_BYTES = 65536;
/** The part of a long text that is encoded at a time; about as much as a socket takes. */
const PIECE_BYTES = 131072;
/** The memory of a piece that has left. */
let spare: Uint8Array | undefined;
/** The time in which a stream has to end after its last declared byte, in milliseconds. */
const END_MS = 10_000;
/** A head over this length is refused by nginx unless configured. */
const COMMON_HEAD_BYTES = 4096;

/**
 * Sends a Response, at once where its head and body are there. Until bytes were written another one
 * can be sent on the same writer after one that failed.
 *
 * @returns a promise where it takes time; it resolves when all was written or the writer was closed.
 * @throws {ScgiError} `RESPONSE_INVALID` where the Response cannot be sent, `RESPONSE_LENGTH` where
 * its stream ends too soon; or what its stream throws.
 */
export function sendResponse(
  response: Response,
  writer: ResponseWriter,
  info: ResponseInfo,
): void | Promise<void> {
  // Bun forgets the type that a body implies when the body is touched before the headers.
  void response.headers;
  if (response.bodyUsed) throw unusable("Its body was read already");
  const recorded = recordedBody(response);
  const withoutBody = info.method === "HEAD";
  if (isBodyless(response.status)) {
    sendHead(response, writer, info);
    return discard(response);
  }
  if (typeof recorded === "string") {
    if (!withoutBody) return sendText(response, recorded, writer, info);
    return sendHead(response, writer, info, Buffer.byteLength(recorded), impliedType(recorded));
  }
  if (withoutBody && recorded?.kind === "bytes") {
    return sendHead(response, writer, info, recorded.length, impliedType(recorded));
  }
  const { body } = response;
  if (body === null) return sendHead(response, writer, info, withoutBody ? undefined : 0);
  if (recorded?.kind === "bytes") return sendBytes(response, recorded.length, writer, info);
  if (body.locked) throw unusable("Its body is locked to a reader");
  return sendBody(response, body, recorded, writer, info);
}

function sendHead(
  response: Response,
  writer: ResponseWriter,
  info: ResponseInfo,
  length?: number,
  type?: string,
): void {
  writer.write(latin1Bytes(encodeHead(response, writer, info, type, length).text), 0);
}

function sendText(
  response: Response,
  body: string,
  writer: ResponseWriter,
  info: ResponseInfo,
): void | Promise<void> {
  const length = Buffer.byteLength(body);
  const { text } = encodeHead(response, writer, info, impliedType(body), length);
  if (length < PIECE_BYTES) {
    writer.write(latin1Bytes(text, body, length), length);
    return;
  }
  writer.write(latin1Bytes(text), 0);
  return sendPieces(body, writer);
}

/** Encodes a long text piece by piece, in the same memory: new memory costs more than the text. */
async function sendPieces(body: string, writer: ResponseWriter): Promise<void> {
  const piece = spare ?? new Uint8Array(PIECE_BYTES);
  spare = undefined;
  for (let at = 0; at < body.length && !writer.closed;) {
    const { read, written } = encodePiece(body, at, piece);
    at += read;
    if (!writer.write(piece.subarray(0, written))) await writer.writable();
  }
  if (!writer.closed) spare = piece;
}

async function sendBytes(
  response: Response,
  length: number,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  const body = await readBytes(response, length);
  if (writer.closed) return;
  const type = impliedType({ kind: "bytes", length: body.length });
  const { text } = encodeHead(response, writer, info, type, body.length);
  if (body.length < COPIED_BYTES) {
    writer.write(join(text, [body], body.length), body.length);
  } else {
    writer.write(latin1Bytes(text), 0);
    writer.write(body);
  }
}

/** Sends a Blob, a stream, or what was not recorded. */
async function sendBody(
  response: Response,
  body: ReadableStream<Uint8Array>,
  recorded: RecordedBody | undefined,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  const blob = typeof recorded === "object" && recorded.kind === "blob" ? recorded.blob : undefined;
  if (blob !== undefined && info.method === "HEAD") {
    const length = await blobLength(blob);
    if (!writer.closed) sendHead(response, writer, info, length, impliedType(recorded));
    return;
  }
  const stream = new BodyStream(response, body, recorded);
  writer.source = stream;
  try {
    const known = blob === undefined ? undefined : await blobLength(blob);
    if (!writer.closed) await sendStream(response, stream, recorded, known, writer, info);
  } catch (error) {
    // Another Response may take its place.
    if (!writer.begun) void stream.cancel(error);
    throw error;
  }
}

async function sendStream(
  response: Response,
  stream: BodyStream,
  recorded: RecordedBody | undefined,
  known: number | undefined,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let next = stream.read();
  for (let turns = PEEK_TURNS; size < PEEK_BYTES; next = stream.read()) {
    while (stream.last === undefined && turns-- > 0) await null;
    if (stream.last?.value === undefined) break;
    chunks.push(stream.last.value);
    size += stream.last.value.length;
  }
  if (writer.closed) return;
  const { last } = stream;
  if (last?.failure !== undefined) throw last.failure.error;
  const done = last?.done === true;
  // Bun.serve takes a fetched body for bytes once it is whole.
  const fetched = response.url !== "";
  const type = impliedType(recorded, fetched && !done ? undefined : chunks[0], fetched);
  const head = encodeHead(response, writer, info, type, done ? size : known, !done);
  if (info.method === "HEAD") {
    writer.write(latin1Bytes(head.text), 0);
    return await stream.cancel();
  }
  const length = head.length ?? Infinity;
  const first = join(head.text, chunks, size);
  if (size > length) {
    writer.write(first.subarray(0, first.length - (size - length)), length);
    return await cut(stream, length, info);
  }
  if (!writer.write(first, size) && !done) await writer.writable();
  if (!done) await pump(stream, next, size, length, writer, info);
}

/** Writes the rest of a stream, up to the length that was declared. */
async function pump(
  stream: BodyStream,
  next: Promise<Read>,
  size: number,
  length: number,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  let turn = 0;
  while (!writer.closed) {
    if (size === length) {
      // The end of the connection, which comes now, does not concern the stream.
      writer.source = undefined;
      return void awaitEnd(stream, next, length, info);
    }
    writer.quietSince = writer.now();
    const { value, failure } = await next;
    writer.quietSince = 0;
    if (writer.closed) return;
    if (failure !== undefined) throw failure.error;
    if (value === undefined) break;
    const room = length - size;
    size += value.length;
    if (size > length) {
      if (room > 0) writer.write(value.subarray(0, room));
      return await cut(stream, length, info);
    }
    if (value.length > 0 && !writer.write(value)) await writer.writable();
    turn += Math.max(value.length, CHUNK_BYTES);
    if (turn >= TURN_BYTES) {
      turn = 0;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    next = stream.read();
  }
  if (!writer.closed && length !== Infinity && size < length) {
    throw new ScgiError(
      "RESPONSE_LENGTH",
      `The body ended after ${size} of the ${length} bytes that its Content-Length declares`,
    );
  }
}

/** Waits for the end of a stream after the last declared byte, with which the response is whole. */
async function awaitEnd(
  stream: BodyStream,
  next: Promise<Read>,
  length: number,
  info: ResponseInfo,
): Promise<void> {
  const timer = setTimeout(() => void stream.cancel(), END_MS).unref();
  const { value, failure } = await next;
  clearTimeout(timer);
  if (failure !== undefined) {
    info.warn(
      new ScgiError(
        "RESPONSE_LENGTH",
        `The body failed after the ${length} bytes that its Content-Length declares`,
        { cause: failure.error },
      ),
    );
  } else if (value !== undefined) {
    if (value.length > 0) await cut(stream, length, info);
    else await stream.cancel();
  }
}

async function cut(stream: BodyStream, length: number, info: ResponseInfo): Promise<void> {
  info.warn(
    new ScgiError(
      "RESPONSE_LENGTH",
      `The body is longer than its Content-Length; what comes after ${length} bytes was cut`,
    ),
  );
  await stream.cancel();
}

function encodeHead(
  response: Response,
  writer: ResponseWriter,
  info: ResponseInfo,
  type: string | undefined,
  length: number | undefined,
  streamed = false,
): ReplyHead {
  // A stream that ends too soon may be worse with a length than without.
  const declares = !streamed || writer.resets || !webServer(info.software).keepsClient;
  const head = encodeReplyHead(response, new HeadInfo(info, type, length, declares));
  writer.status = response.status;
  if (head.text.length > COMMON_HEAD_BYTES) {
    info.warn(
      new ScgiError(
        "RESPONSE_HEAD_LARGE",
        `A reply has a head of ${head.text.length} bytes. nginx answers 502 to one over ` +
          `${COMMON_HEAD_BYTES} unless its scgi_buffer_size is raised`,
      ),
    );
  }
  return head;
}

class HeadInfo implements ReplyInfo {
  readonly decoded: RegExp = DECODED_CODINGS;
  readonly type: string | undefined;
  readonly length: number | undefined;
  readonly declareLength: boolean;
  readonly #info: ResponseInfo;

  constructor(
    info: ResponseInfo,
    type: string | undefined,
    length: number | undefined,
    declareLength: boolean,
  ) {
    this.#info = info;
    this.type = type;
    this.length = length;
    this.declareLength = declareLength;
  }

  get method(): string {
    return this.#info.method;
  }

  /** Few responses need the URL, which has to be parsed. */
  get url(): string {
    return this.#info.url;
  }

  get setCookies(): readonly string[] | undefined {
    return this.#info.setCookies;
  }
}

/** Cancels the body of a Response that is not sent; undefined where it has none. */
export function discard(response: unknown): Promise<void> | undefined {
  try {
    if (!(response instanceof Response) || response.bodyUsed) return undefined;
    const { body } = response;
    return body === null || body.locked ? undefined : cancel(body);
  } catch {
    // A proxy, or an object that only looks like a Response, has nothing to cancel.
    return undefined;
  }
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
