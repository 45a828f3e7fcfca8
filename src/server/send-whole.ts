/**
 * Sends a head alone, or with a body that is there as bytes.
 *
 * @module
 */

import { latin1Bytes } from "../scgi/latin1.ts";
import { encodeHead, join, type ResponseInfo } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";

/** A body from this length on is not copied behind its head. */
export const COPIED_BYTES = 65536;

/**
 * Sends the head of a Response that has no body, or whose body is not asked for.
 *
 * @param length The length that the body has, in bytes, where it is known.
 */
export function sendHead(
  response: Response,
  writer: ResponseWriter,
  info: ResponseInfo,
  length?: number,
): void {
  writer.write(latin1Bytes(encodeHead(response, writer, info, undefined, length).text), 0);
  writer.end();
}

/**
 * Sends the head of a Response, and these bytes as its body.
 *
 * @param type The Content-Type of a Response without the field.
 * @param owned Whether nothing else uses the bytes.
 */
export function sendWhole(
  response: Response,
  body: Uint8Array,
  type: string | undefined,
  writer: ResponseWriter,
  info: ResponseInfo,
  owned = false,
): void {
  const { text } = encodeHead(response, writer, info, type, body.length);
  if (body.length < COPIED_BYTES) {
    writer.write(join(text, [body], body.length), body.length, true);
  } else {
    writer.write(latin1Bytes(text), 0);
    writer.write(body, body.length, owned);
  }
  writer.end();
}
