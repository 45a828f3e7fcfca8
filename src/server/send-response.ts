/**
 * Sends one `Response`: head and body in one write where the body is there, else the body as a
 * stream.
 *
 * @module
 */

import { isBodyless, unusable } from "../cgi/response.ts";
import { sizeOf } from "../runtime/fetch/blob.ts";
import { cancel } from "../runtime/fetch/cancel.ts";
import { bodyOf, toResponse } from "../runtime/fetch/foreign-response.ts";
import { impliedType } from "../runtime/fetch/implied-type.ts";
import { readBytes } from "../runtime/fetch/read-bytes.ts";
import {
  type PlainText,
  recordedBody,
  takeBytes,
  takePlain,
  useText,
} from "../runtime/fetch/recording.ts";
import { takeBlob } from "../runtime/fetch/response-blob.ts";
import { release, type Snapshot } from "../runtime/fetch/snapshot.ts";
import { utf8Length } from "../scgi/buffer.ts";
import { encodePiece, latin1Bytes } from "../scgi/latin1.ts";
import { KeptBody } from "./kept-response.ts";
import { isPlainType, plainHead } from "./plain-head.ts";
import { encodeHead, type ResponseInfo } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";
import { blobIn, sendBlob, sendBlobHead } from "./send-blob.ts";
import { sendSource } from "./send-source.ts";
import { sendHead, sendWhole } from "./send-whole.ts";

/** The part of a long text that is encoded at a time; about as much as a socket takes. */
const PIECE_BYTES = 131072;
/** The runtime's own method, which gives memory that nothing else has. */
const { arrayBuffer } = Response.prototype;
/** The memory of a piece that has left. */
let spare: Uint8Array | undefined;

/**
 * Sends a Response, at once where its head and body are there. Until bytes were written another one
 * can be sent on the same writer after one that failed.
 *
 * @returns a promise where it takes time; it resolves when nothing is left to do. The writer learns
 * before that when the response is whole.
 * @throws {ScgiError} `RESPONSE_INVALID` where the Response cannot be sent, `RESPONSE_LENGTH` where
 * its stream ends too soon; or what its stream throws.
 */
export function sendResponse(
  response: Response,
  writer: ResponseWriter,
  info: ResponseInfo,
): void | Promise<void> {
  if (KeptBody.send(response, writer, info)) return;
  if (info.method !== "HEAD" && info.setCookies === undefined) {
    const plain = takePlain(response, isPlainType);
    if (plain !== undefined) return sendPlain(plain, writer);
  }
  // Bun forgets the type that a body implies when the body is touched before the headers.
  void response.headers;
  if (response.bodyUsed) throw unusable();
  const recorded = recordedBody(response);
  const withoutBody = info.method === "HEAD";
  if (isBodyless(response.status)) {
    sendHead(response, writer, info);
    // Only a stream has to be told. Bun sends such a Response again and again.
    const whole = typeof recorded === "string" || recorded?.kind === "bytes";
    return whole ? undefined : discard(response);
  }
  if (typeof recorded === "string") {
    if (!useText(response, recorded)) throw unusable();
    if (!withoutBody) return sendText(response, recorded, writer, info);
    return sendHead(response, writer, info, utf8Length(recorded));
  }
  if (withoutBody && recorded?.kind === "bytes") {
    sendHead(response, writer, info, recorded.length);
    return takeBytes(response) === undefined ? discard(response) : undefined;
  }
  if (recorded?.kind === "bytes") {
    const snapshot = takeBytes(response);
    if (snapshot !== undefined) return sendSnapshot(response, snapshot, writer, info);
  }
  const blob = blobIn(response, recorded);
  if (blob !== undefined && withoutBody) {
    return sendBlobHead(response, blob, writer, info);
  }
  const taken = blob === undefined ? undefined : takeBlob(response);
  if (taken !== undefined) return sendBlob(response, taken, recorded, writer, info);
  const body = bodyOf(response);
  if (body === null) {
    return sendHead(response, writer, info, withoutBody ? undefined : 0);
  }
  if (recorded?.kind === "bytes") return sendBytes(response, recorded.length, writer, info);
  if (body.locked) throw unusable();
  const length = recorded?.kind === "blob" ? sizeOf(recorded.blob) : undefined;
  return sendSource(response, body, recorded, length, writer, info);
}

function sendPlain({ text, type }: PlainText, writer: ResponseWriter): void | Promise<void> {
  const length = utf8Length(text);
  writer.status = 200;
  return sendEncoded(plainHead(type, length), text, length, writer);
}

function sendText(
  response: Response,
  body: string,
  writer: ResponseWriter,
  info: ResponseInfo,
): void | Promise<void> {
  const length = utf8Length(body);
  const { text } = encodeHead(response, writer, info, impliedType(body), length);
  return sendEncoded(text, body, length, writer);
}

/** Sends a head, and a text of so many bytes. */
function sendEncoded(
  head: string,
  body: string,
  length: number,
  writer: ResponseWriter,
): void | Promise<void> {
  if (length < PIECE_BYTES) {
    writer.write(latin1Bytes(head, body, length), length);
    return writer.end();
  }
  writer.write(latin1Bytes(head), 0);
  if (length === body.length && writer.writeAscii(body) !== undefined) return writer.end();
  return sendPieces(body, writer);
}

/** Encodes a long text piece by piece, in the same memory: new memory costs more than the text. */
async function sendPieces(body: string, writer: ResponseWriter): Promise<void> {
  const piece = spare ?? new Uint8Array(PIECE_BYTES);
  spare = undefined;
  for (let at = 0; at < body.length && !writer.closed;) {
    const { read, written } = encodePiece(body, at, piece);
    at += read;
    const taken = writer.write(piece.subarray(0, written));
    if (at === body.length) writer.end();
    if (!taken) await writer.writable();
  }
  if (writer.flushed) spare = piece;
}

function sendSnapshot(
  response: Response,
  { pieces, length }: Snapshot,
  writer: ResponseWriter,
  info: ResponseInfo,
): void | Promise<void> {
  const [first] = pieces;
  if (pieces.length === 1) return sendWhole(response, first!, undefined, writer, info);
  const { text } = encodeHead(response, writer, info, undefined, length);
  writer.write(latin1Bytes(text), 0);
  return sendCopies(pieces, writer);
}

/** Sends the pieces of a Snapshot, of which each is released once the socket has taken it. */
async function sendCopies(
  pieces: readonly Uint8Array<ArrayBuffer>[],
  writer: ResponseWriter,
): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    const taken = writer.write(piece);
    if (index === pieces.length - 1) writer.end();
    if (!taken) await writer.writable();
    if (writer.closed) return;
    release(piece);
  }
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
  const owned = response.arrayBuffer === arrayBuffer;
  sendWhole(response, body, type, writer, info, owned);
}

/** Cancels the body of a Response that is not sent; undefined where it has none. */
export function discard(value: unknown, reason?: unknown): Promise<void> | undefined {
  try {
    const response = value instanceof Response ? value : toResponse(value);
    if (response === undefined || response.bodyUsed) return undefined;
    const body = bodyOf(response);
    return body === null || body.locked ? undefined : cancel(body, reason);
  } catch {
    // A proxy, or an object that only looks like a Response, has nothing to cancel.
    return undefined;
  }
}
