/**
 * Encodes the frames of a server, which are not masked.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 * @module
 */

import { Buffer } from "node:buffer";
import { LARGE, takeRoom } from "./room.ts";

/** The opcodes of frames. */
export const CONTINUATION = 0x0, TEXT = 0x1, BINARY = 0x2, CLOSE = 0x8, PING = 0x9, PONG = 0xa;

/** One of these opcodes. */
export type Opcode = 0x0 | 0x1 | 0x2 | 0x8 | 0x9 | 0xa;

const FIN = 0x80;
/** The message is compressed (RFC 7692, section 6). */
const RSV1 = 0x40;
const encoder: TextEncoder = new TextEncoder();
const ROOM: Readonly<Record<number, string>> = {
  2: "\0".repeat(2),
  4: "\0".repeat(4),
  10: "\0".repeat(10),
};

/** A shorter text that is ASCII is written code unit by code unit: calls of the runtime cost more. */
const BY_UNITS = 64;
/** A text from this length on is encoded into a view: to put it behind the room would copy it. */
const BY_VIEW = 2048;

/** From this length on, the length takes two bytes more; from 65536 on, eight. */
const LENGTH_16 = 126, LENGTH_64 = 127;

/**
 * Encodes an unfragmented frame: head and a copy of the payload in one array.
 *
 * @param compressed Whether the payload is the result of a deflate.
 */
export function encodeFrame(opcode: Opcode, payload: Uint8Array, compressed = false): Uint8Array {
  const { length } = payload;
  const headLength = headLengthFor(length);
  const frame = roomFor(headLength + length, payload.byteOffset);
  writeHead(frame, opcode, length, compressed);
  frame.set(payload, headLength);
  return frame;
}

/** Encodes a text message that is not compressed as one frame. Lone surrogates become U+FFFD. */
export function encodeText(text: string): Uint8Array {
  return text.length < BY_UNITS ? encodeShort(text) : encodeLong(text);
}

function encodeShort(text: string): Uint8Array {
  const { length } = text;
  const frame = Buffer.allocUnsafe(2 + length);
  frame[0] = FIN | TEXT;
  frame[1] = length;
  let seen = 0;
  for (let at = 0; at < length; at++) seen |= frame[2 + at] = text.charCodeAt(at);
  return seen < 0x80 ? frame : encodeLong(text);
}

function encodeLong(text: string): Uint8Array {
  const length = Buffer.byteLength(text);
  const headLength = headLengthFor(length);
  const frame = roomFor(headLength + length);
  // The text has room for the head before it: encodeInto a view costs more where it is not long.
  if (text.length < BY_VIEW) encoder.encodeInto(ROOM[headLength] + text, frame);
  else encoder.encodeInto(text, frame.subarray(headLength));
  writeHead(frame, TEXT, length, false);
  return frame;
}

/** @param source Where the payload begins in its memory. */
function roomFor(length: number, source?: number): Buffer {
  return length < LARGE ? Buffer.allocUnsafe(length) : takeRoom(length, source);
}

/** Length of the payload of a frame of so many bytes. */
export function payloadLength(frameLength: number): number {
  if (frameLength < 2 + LENGTH_16) return frameLength - 2;
  return frameLength < 4 + 65536 ? frameLength - 4 : frameLength - 10;
}

function headLengthFor(length: number): number {
  return length < LENGTH_16 ? 2 : length < 65536 ? 4 : 10;
}

function writeHead(frame: Buffer, opcode: Opcode, length: number, compressed: boolean): void {
  frame[0] = FIN | (compressed ? RSV1 : 0) | opcode;
  if (length < LENGTH_16) {
    frame[1] = length;
  } else if (length < 65536) {
    frame[1] = LENGTH_16;
    frame[2] = length >> 8;
    frame[3] = length & 0xff;
  } else {
    frame[1] = LENGTH_64;
    frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
    frame.writeUInt32BE(length % 2 ** 32, 6);
  }
}
