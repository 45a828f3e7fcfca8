/**
 * Sends a Response whose body can only be read as a stream.
 *
 * @module
 */

import { cancel } from "../runtime/fetch/cancel.ts";
import { readable } from "../runtime/fetch/direct-stream.ts";
import { isOfKind } from "../runtime/fetch/kinds.ts";
import { isRecorded, type RecordedBody } from "../runtime/fetch/recorded-body.ts";
import { cancelReason } from "./abort.ts";
import { BodyStream } from "./body-stream.ts";
import type { ResponseInfo } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";
import { sendStream } from "./send-stream.ts";
import { sendHead } from "./send-whole.ts";

/**
 * Sends a stream, or a body that was not recorded, behind the head of a Response.
 *
 * @param known The length of the body in bytes, where it is known before its end.
 */
export async function sendSource(
  head: Response,
  body: ReadableStream<Uint8Array>,
  recorded: RecordedBody | undefined,
  known: number | undefined,
  writer: ResponseWriter,
  info: ResponseInfo,
): Promise<void> {
  if (mayBeDirect(recorded, head) && isOfKind("direct", body)) {
    if (info.method === "HEAD") {
      sendHead(head, writer, info);
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
