/**
 * Sends one `Response`: head and body in one write where the body is there, else the body as a
 * stream.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { isBodyless } from "../cgi/response.ts";
import { ScgiError } from "../errors.ts";
import { blobLength } from "../runtime/fetch/blob-length.ts";
import { cancel } from "../runtime/fetch/cancel.ts";
import { impliedType } from "../runtime/fetch/implied-type.ts";
import { readBytes } from "../runtime/fetch/read-bytes.ts";
import { type RecordedBody, recordedBody } from "../runtime/fetch/recording.ts";
import { encodePiece, latin1Bytes } from "../scgi/latin1.ts";
import { cancelReason } from "./abort.ts";
import { BodyStream } from "./body-stream.ts";
import { encodeHead, join, type ResponseInfo } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";
import { sendStream } from "./send-stream.ts";

/** A body from this length on is not copied behind its head. */
const COPIED_BYTES = 65536;
/** The part of a long text that is encoded at a time; about as much as a socket takes. */
const PIECE_BYTES = 131072;
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
    return sendHead(response, writer, info, impliedType(recorded), Buffer.byteLength(recorded));
  }
  if (withoutBody && recorded?.kind === "bytes") {
    return sendHead(response, writer, info, impliedType(recorded), recorded.length);
  }
  const { body } = response;
  if (body === null) {
    return sendHead(response, writer, info, undefined, withoutBody ? undefined : 0);
  }
  if (recorded?.kind === "bytes") return sendBytes(response, recorded.length, writer, info);
  if (body.locked) throw unusable("Its body is locked to a reader");
  return sendBody(response, body, recorded, writer, info);
}

function sendHead(
  response: Response,
  writer: ResponseWriter,
  info: ResponseInfo,
  type?: string,
  length?: number,
): void {
  writer.write(latin1Bytes(encodeHead(response, writer, info, type, length).text), 0);
  writer.end();
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
    return writer.end();
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
    const taken = writer.write(piece.subarray(0, written));
    if (at === body.length) writer.end();
    if (!taken) await writer.writable();
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
  writer.end();
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
    if (!writer.closed) sendHead(response, writer, info, impliedType(recorded), length);
    return;
  }
  const stream = new BodyStream(response, body, recorded);
  writer.source = stream;
  try {
    const known = blob === undefined ? undefined : await blobLength(blob);
    if (!writer.closed) await sendStream(response, stream, recorded, known, writer, info);
  } catch (error) {
    // Another Response may take its place.
    if (!writer.begun) void stream.cancel(cancelReason(error));
    throw error;
  }
}

/** Cancels the body of a Response that is not sent; undefined where it has none. */
export function discard(response: unknown, reason?: unknown): Promise<void> | undefined {
  try {
    if (!(response instanceof Response) || response.bodyUsed) return undefined;
    const { body } = response;
    return body === null || body.locked ? undefined : cancel(body, reason);
  } catch {
    // A proxy, or an object that only looks like a Response, has nothing to cancel.
    return undefined;
  }
}

function unusable(why: string): ScgiError {
  return new ScgiError("RESPONSE_INVALID", `The Response cannot be sent: ${why}`, { status: 500 });
}
