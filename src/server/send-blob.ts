/**
 * Sends a Response whose body is a Blob, which may be a file.
 *
 * @module
 */

import { sizeOf, typeOf } from "../runtime/fetch/blob.ts";
import { blobLength } from "../runtime/fetch/blob-length.ts";
import { filePart } from "../runtime/fetch/bun-file.ts";
import { isRecorded, type RecordedBody, TEXT_TYPE } from "../runtime/fetch/recorded-body.ts";
import { blobOfStream, fileOf } from "../runtime/fetch/response-blob.ts";
import { unusable } from "../cgi/response.ts";
import { readFile } from "./file-body.ts";
import type { ResponseInfo } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";
import { sendSource } from "./send-source.ts";
import { sendHead, sendWhole } from "./send-whole.ts";

/** The Blob that the body of a Response is, or is the stream of; undefined for any other body. */
export function blobIn(
  response: Response,
  recorded: RecordedBody | undefined,
): Blob | Promise<Blob> | undefined {
  if (typeof recorded === "string") return undefined;
  const blob = recordedBlob(recorded);
  if (blob !== undefined) return blob;
  // The record of such a Response does not tell.
  if (!isRecorded(recorded)) return fileOf(response);
  return recorded?.kind === "stream" ? blobOfStream(response) : undefined;
}

/** Answers a HEAD. */
export async function sendBlobHead(
  response: Response,
  blob: Blob | Promise<Blob>,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  // A HEAD does not fail where the file is missing.
  const length = await blobLength(await blob).catch(() => 0);
  if (!writer.closed) sendHead(response, writer, info, length);
}

/**
 * Sends a Blob, or the part that is asked for of a file.
 *
 * @param recorded The record of the body that the Blob is.
 * @throws {ScgiError} `RESPONSE_INVALID` where the body is used, `RESPONSE_LENGTH` where the file becomes
 * shorter; or what a read of the file throws.
 */
export async function sendBlob(
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
    const known = recordedBlob(recorded);
    const isTypedBlob = known !== undefined && typeOf(known) !== "";
    const content = isStream && !isTypedBlob ? ofStream(taken) : recorded;
    return await sendSource(response, taken.stream(), content, length, writer, info);
  }
  const typed = isTyped(response, recorded);
  const read = await readFile(response, file, typeOf(taken), typed, info);
  const { head, type, length, content } = read;
  if (writer.closed) return;
  if (content instanceof Uint8Array) sendWhole(head, content, type, writer, info);
  else await sendSource(head, content, { kind: "blob", blob: taken }, length, writer, info);
}

/** Whether the app has set a type, as far as its Response and the record tell. */
function isTyped(response: Response, recorded: RecordedBody | undefined): boolean {
  if (typeof recorded !== "object") return false;
  // The headers of a Response of a stream have no type that the stream implies.
  if (recorded.kind === "stream") return response.headers.has("content-type");
  if (recorded.kind !== "blob" || recorded.headers === undefined) return false;
  return new Headers(recorded.headers as Headers).has("content-type");
}

/** The record of a Blob that came as a stream: a text counts as bytes then. */
function ofStream(blob: Blob): RecordedBody {
  const isText = typeOf(blob).toLowerCase() === TEXT_TYPE.toLowerCase();
  return isText ? { kind: "bytes", length: sizeOf(blob) } : { kind: "blob", blob };
}

/** The Blob of a record, or of the Response that a recorded stream comes from. */
function recordedBlob(recorded: RecordedBody | undefined): Blob | undefined {
  if (typeof recorded !== "object") return undefined;
  return recorded.kind === "stream"
    ? recordedBlob(recorded.taken)
    : recorded.kind === "blob"
    ? recorded.blob
    : undefined;
}
