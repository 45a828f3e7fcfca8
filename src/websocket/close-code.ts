/**
 * Codes and reasons of close frames.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4
 * @module
 */

import { isUtf8 } from "node:buffer";
import { utf8Bytes } from "../scgi/latin1.ts";
import { utf8Text } from "./utf8.ts";

/** Why an endpoint fails a connection: the code of its close frame, and a reason for people. */
export interface Failure {
  /** The code of the close frame: 1002, 1007, 1009, 1011 and so on. */
  readonly closeCode: number;
  /** One sentence, ASCII, at most 123 bytes. */
  readonly reason: string;
}

/** The peer breaks RFC 6455 or RFC 7692. */
export const PROTOCOL_ERROR = 1002;
/** The content of a message is not valid, for instance not UTF-8. */
export const INVALID_PAYLOAD = 1007;
/** A message is longer than the limit. */
export const TOO_BIG = 1009;
/** The code of a close frame without a code; never sent. */
export const NO_STATUS = 1005;
/** The code of a connection that ended without a close frame; never sent. */
export const ABNORMAL = 1006;

/** The maximum length of the reason of a close frame, in bytes. */
export const MAX_REASON_BYTES = 123;

/** Whether a close frame may have the code: one of the IANA registry, or from 3000 to 4999. */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006) ||
    code >= 3000 && code <= 4999;
}

/** The contents of a close frame. */
export interface CloseBody {
  /** 1005 where the frame is empty. */
  readonly code: number;
  /** Empty where the frame has none. */
  readonly reason: string;
}

/** Reads the payload of a close frame. */
export function readCloseBody(payload: Uint8Array): CloseBody | Failure {
  if (payload.length === 0) return { code: NO_STATUS, reason: "" };
  if (payload.length === 1) {
    return { closeCode: PROTOCOL_ERROR, reason: "A close frame has a payload of one byte" };
  }
  const code = payload[0]! << 8 | payload[1]!;
  if (!isCloseCode(code)) {
    return { closeCode: PROTOCOL_ERROR, reason: `A close frame must not have the code ${code}` };
  }
  const reason = payload.subarray(2);
  if (!isUtf8(reason)) {
    return { closeCode: INVALID_PAYLOAD, reason: "The reason of a close frame is not UTF-8" };
  }
  return { code, reason: utf8Text(reason) };
}

/** The payload of a close frame; empty for code 1005. A longer reason is cut to 123 bytes. */
export function closeBody(code: number, reason: string): Uint8Array {
  if (code === NO_STATUS) return new Uint8Array(0);
  let text = utf8Bytes(reason);
  if (text.length > MAX_REASON_BYTES) {
    let end = MAX_REASON_BYTES;
    while ((text[end]! & 0xc0) === 0x80) end--;
    text = text.subarray(0, end);
  }
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return payload;
}
