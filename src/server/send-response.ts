/**
 * Sends one `Response`: head and body in one write where the body is there, else the body as a
 * stream.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { isBodyless, unusable } from "../cgi/response.ts";
import {
  blobOfStream,
  fileOf,
  filePart,
  sizeOf,
  takeBlob,
  typeOf,
} from "../runtime/fetch/bun-file.ts";
import { cancel } from "../runtime/fetch/cancel.ts";
import { isDirect, readable } from "../runtime/fetch/direct-stream.ts";
import { bodyOf, toResponse } from "../runtime/fetch/foreign-response.ts";
import { impliedType } from "../runtime/fetch/implied-type.ts";
import { readBytes } from "../runtime/fetch/read-bytes.ts";
import {
  isRecorded,
  type RecordedBody,
  recordedBody,
  TEXT_TYPE,
  useText,
} from "../runtime/fetch/recording.ts";
import { encodePiece, latin1Bytes } from "../scgi/latin1.ts";
import { cancelReason } from "./abort.ts";
import { BodyStream } from "./body-stream.ts";
import { headLength, readFile } from "./file-body.ts";
import { encodeHead, type ResponseInfo } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";
import { sendStream } from "./send-stream.ts";
import { sendWhole } from "./send-whole.ts";

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
    return sendHead(response, writer, info, impliedType(recorded), Buffer.byteLength(recorded));
  }
  if (withoutBody && recorded?.kind === "bytes") {
    sendHead(response, writer, info, impliedType(recorded), recorded.length);
    return discard(response);
  }
  const blob = blobOf(recorded) ?? blobIn(response, recorded);
  if (blob !== undefined && withoutBody) {
    return sendBlobHead(response, blob, recorded, writer, info);
  }
  if (blob !== undefined && takeBlob !== undefined) {
    return sendBlob(response, takeBlob(response), recorded, writer, info);
  }
  const body = bodyOf(response);
  if (body === null) {
    return sendHead(response, writer, info, undefined, withoutBody ? undefined : 0);
  }
  if (recorded?.kind === "bytes") return sendBytes(response, recorded.length, writer, info);
  if (body.locked) throw unusable();
  const length = recorded?.kind === "blob" ? sizeOf(recorded.blob) : undefined;
  return sendSource(response, body, recorded, length, writer, info);
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
  sendWhole(response, body, impliedType({ kind: "bytes", length: body.length }), writer, info);
}

async function sendBlobHead(
  response: Response,
  blob: Blob | Promise<Blob>,
  recorded: RecordedBody | undefined,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  const length = await headLength(await blob);
  if (!writer.closed) sendHead(response, writer, info, impliedType(recorded), length);
}

/** Sends a Blob, which may be a file. */
async function sendBlob(
  response: Response,
  blob: Promise<Blob>,
  recorded: RecordedBody | undefined,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  const taken = await blob.catch(() => {
    throw unusable();
  });
  const file = await filePart(taken);
  if (writer.closed) return;
  if (typeof file !== "object") {
    const length = file === "special" ? undefined : sizeOf(taken);
    const isStream = typeof recorded === "object" && recorded.kind === "stream";
    const content = isStream ? ofStream(taken, blobOf(recorded)) : recorded;
    return await sendSource(response, taken.stream(), content, length, writer, info);
  }
  const typed = isTyped(response, recorded);
  const read = await readFile(response, file, typeOf(taken), typed, info);
  const { head, type, length, content } = read;
  if (writer.closed) return;
  if (content instanceof Uint8Array) sendWhole(head, content, type, writer, info);
  else await sendSource(head, content, { kind: "blob", blob: taken }, length, writer, info);
}

/** The Blob that a body is of, itself or as the stream of another Response's body. */
function blobOf(recorded: RecordedBody | undefined): Blob | undefined {
  if (typeof recorded !== "object") return undefined;
  return recorded.kind === "stream"
    ? blobOf(recorded.taken)
    : recorded.kind === "blob"
    ? recorded.blob
    : undefined;
}

/** Whether the app has set a type, as far as its Response and the record tell. */
function isTyped(response: Response, recorded: RecordedBody | undefined): boolean {
  if (typeof recorded !== "object") return false;
  // The headers of a Response of a stream have no type that the stream implies.
  if (recorded.kind === "stream") return response.headers.has("content-type");
  if (recorded.kind !== "blob" || recorded.headers === undefined) return false;
  return new Headers(recorded.headers as Headers).has("content-type");
}

/** The record of a Blob that came as a stream: a text counts as bytes then, a Blob of text does not. */
function ofStream(blob: Blob, source: Blob | undefined): RecordedBody {
  const isText = typeOf(blob).toLowerCase() === TEXT_TYPE.toLowerCase() &&
    (source === undefined || typeOf(source) === "");
  return isText ? { kind: "bytes", length: sizeOf(blob) } : { kind: "blob", blob };
}

/** The Blob that a body is, where its record does not tell. */
function blobIn(
  response: Response,
  recorded: Exclude<RecordedBody, string> | undefined,
): Promise<Blob> | undefined {
  if (!isRecorded(recorded)) return fileOf(response);
  return recorded?.kind === "stream" ? blobOfStream(response) : undefined;
}

/** Sends a stream, or what was not recorded. */
async function sendSource(
  head: Response,
  body: ReadableStream<Uint8Array>,
  recorded: RecordedBody | undefined,
  known: number | undefined,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  if (mayBeDirect(recorded, head) && isDirect(body)) {
    if (info.method === "HEAD") {
      sendHead(head, writer, info, impliedType(recorded));
      return await cancel(body);
    }
    body = readable(body);
  }
  const stream = new BodyStream(head, body, recorded);
  writer.source = stream;
  try {
    if (!writer.closed) await sendStream(head, stream, recorded, known, writer, info);
  } catch (error) {
    // Another Response may take its place.
    if (!writer.begun) void stream.cancel(cancelReason(error));
    throw error;
  }
}

/** Whether a body may be a stream that the app has made. */
function mayBeDirect(recorded: RecordedBody | undefined, response: Response): boolean {
  if (response.url !== "") return false;
  return !isRecorded(recorded) || typeof recorded === "object" && recorded.kind === "stream";
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
