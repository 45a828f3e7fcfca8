/** The least framing that makes an echo or a broadcast of whole, valid frames. */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const room: Set<BareFraming> = new Set();

/** One connection. */
export class BareFraming {
  readonly #write: (bytes: Uint8Array) => void;
  #path: string | undefined;
  /** The payload of a frame that has not come whole. */
  #payload: Buffer | undefined;
  #arrived = 0;
  #text = false;
  readonly #key: Buffer = Buffer.alloc(4);

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Takes bytes: the request first, then frames, of which the heads come whole. */
  push(bytes: Buffer): void {
    if (this.#path === undefined) return this.#shake(bytes.toString("latin1"));
    for (let at = 0; at < bytes.length;) {
      if (this.#payload === undefined) at = this.#begin(bytes, at);
      at = this.#fill(bytes, at);
    }
  }

  close(): void {
    room.delete(this);
  }

  #shake(head: string): void {
    const [, path] = /\0REQUEST_URI\0([^\0]*)\0/.exec(head)!;
    const [, key] = /\0HTTP_SEC_WEBSOCKET_KEY\0([^\0]*)\0/.exec(head)!;
    this.#path = path!;
    if (path === "/room") room.add(this);
    const accept = createHash("sha1").update(key + GUID).digest("base64");
    const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`;
    this.#write(Buffer.from(`Status: 101 Switching Protocols\r\n${fields}\r\n\r\n`));
  }

  #begin(bytes: Buffer, from: number): number {
    let at = from + 2;
    let length = bytes[from + 1]! & 0x7f;
    this.#text = (bytes[from]! & 0x0f) === 1;
    if (length === 126) {
      length = bytes.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = bytes.readUInt32BE(at + 4);
      at += 8;
    }
    for (let index = 0; index < 4; index++) this.#key[index] = bytes[at++]!;
    this.#payload = Buffer.allocUnsafe(length);
    this.#arrived = 0;
    return at;
  }

  #fill(bytes: Buffer, from: number): number {
    const payload = this.#payload!;
    const count = Math.min(bytes.length - from, payload.length - this.#arrived);
    const key = this.#key;
    let arrived = this.#arrived;
    for (let at = from; at < from + count; at++, arrived++) {
      payload[arrived] = bytes[at]! ^ key[arrived & 3]!;
    }
    this.#arrived = arrived;
    if (this.#arrived === payload.length) {
      this.#payload = undefined;
      const frame = encode(this.#text ? payload.toString("utf8") : payload);
      if (this.#path === "/echo") this.#write(frame);
      else for (const member of room) member.#write(frame);
    }
    return from + count;
  }
}

function encode(message: string | Buffer): Buffer {
  const payload = typeof message === "string" ? Buffer.from(message) : message;
  const { length } = payload;
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = typeof message === "string" ? 0x81 : 0x82;
  if (length < 126) {
    frame[1] = length;
  } else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.set(payload, head);
  return frame;
}
