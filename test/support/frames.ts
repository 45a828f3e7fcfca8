/** Frames of WebSockets as a client writes and reads them, without the code under test. */

import { Buffer } from "node:buffer";

export const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

/** The variables of a handshake. */
export const HANDSHAKE: Record<string, string> = {
  HTTP_UPGRADE: "websocket",
  HTTP_CONNECTION: "Upgrade",
  HTTP_SEC_WEBSOCKET_VERSION: "13",
  // The key and its answer are those of RFC 6455, section 1.3.
  HTTP_SEC_WEBSOCKET_KEY: "dGhlIHNhbXBsZSBub25jZQ==",
  SERVER_PROTOCOL: "HTTP/1.1",
};
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** A whole frame with a mask. */
export function masked(opcode: number, payload: string | Uint8Array = ""): Buffer {
  const bytes = Buffer.from(payload as string);
  const { length } = bytes;
  const head = length < 126 ? Buffer.from([0x80 | opcode, 0x80 | length]) : Buffer.from([
    0x80 | opcode,
    0xff,
    0,
    0,
    0,
    0,
    length >>> 24,
    length >>> 16,
    length >>> 8,
    length,
  ]);
  const key = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([head, key, bytes.map((byte, index) => byte ^ key[index % 4]!)]);
}

/** The payload of a close frame. */
export function closing(code: number, reason = ""): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

/** A frame of a server. */
export interface ServerFrame {
  opcode: number;
  payload: Buffer;
}

/** The whole frames in bytes of a server. */
export function readFrames(bytes: Buffer): ServerFrame[] {
  const frames: ServerFrame[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const short = bytes[at + 1]!;
    const [length, start] = short < 126
      ? [short, at + 2]
      : short === 126
      ? [bytes.readUInt16BE(at + 2), at + 4]
      : [Number(bytes.readBigUInt64BE(at + 2)), at + 10];
    if (start + length > bytes.length) break;
    frames.push({ opcode: bytes[at]! & 0x0f, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}

/** The same as short text: `1:hello`, `8:1000 bye`. */
export function tellFrames(bytes: Buffer): string[] {
  return readFrames(bytes).map(({ opcode, payload }) =>
    opcode === CLOSE && payload.length >= 2
      ? `8:${payload.readUInt16BE(0)} ${payload.toString("utf8", 2)}`.trim()
      : `${opcode}:${payload.toString("utf8")}`
  );
}
