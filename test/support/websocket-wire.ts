/** Frames of a client, and what an endpoint makes of them, written without the code under test. */

import { Buffer } from "node:buffer";
import { Endpoint, type EndpointOptions } from "../../src/websocket/endpoint.ts";

/** A frame of a client, with all that may be wrong in it. */
export interface ClientFrame {
  opcode: number;
  payload?: Uint8Array | string;
  fin?: boolean;
  rsv?: number;
  masked?: boolean;
  key?: number;
  /** Length as the head says it, where it is not that of the payload. */
  length?: number;
}

export const CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

/** The bytes of a payload. */
export function payloadOf(payload: Uint8Array | string = ""): Uint8Array {
  return typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
}

/** Encodes a frame. */
export function clientFrame(given: ClientFrame): Uint8Array {
  const { opcode, fin = true, rsv = 0, masked = true, key = 0x37fa213d } = given;
  const payload = payloadOf(given.payload);
  const length = given.length ?? payload.length;
  const head = [(fin ? 0x80 : 0) | rsv << 4 | opcode];
  const mask = masked ? 0x80 : 0;
  if (length < 126) head.push(mask | length);
  else if (length < 65536) head.push(mask | 126, length >> 8, length & 0xff);
  else {
    const high = Math.floor(length / 2 ** 32);
    head.push(mask | 127);
    for (const word of [high, length % 2 ** 32]) {
      for (const shift of [24, 16, 8, 0]) head.push(word >>> shift & 0xff);
    }
  }
  const keyBytes = masked ? [24, 16, 8, 0].map((shift) => key >>> shift & 0xff) : [];
  const sent = masked ? payload.map((byte, i) => byte ^ keyBytes[i % 4]!) : payload;
  return Uint8Array.from([...head, ...keyBytes, ...sent]);
}

/** Bytes one after the other. */
export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ""): Uint8Array {
  return joined(Uint8Array.of(code >> 8, code & 0xff), payloadOf(reason));
}

/** A frame of a server, as an endpoint wrote it. */
export interface ServerFrame {
  opcode: number;
  fin: boolean;
  rsv: number;
  payload: Uint8Array;
}

/** Decodes whole frames of a server; throws on a masked or cut frame. */
export function serverFrames(wire: Uint8Array): ServerFrame[] {
  const frames: ServerFrame[] = [];
  const view = new DataView(wire.buffer, wire.byteOffset, wire.length);
  for (let at = 0; at < wire.length;) {
    const first = wire[at]!, second = wire[at + 1]!;
    if (second >= 0x80) throw new Error("A frame of the server is masked");
    const extended = second === 126 ? 2 : second === 127 ? 8 : 0;
    const length = extended === 0
      ? second
      : extended === 2
      ? view.getUint16(at + 2)
      : Number(view.getBigUint64(at + 2));
    const from = at + 2 + extended;
    if (from + length > wire.length) throw new Error("A frame of the server is cut");
    frames.push({
      opcode: first & 0x0f,
      fin: first >= 0x80,
      rsv: first >> 4 & 7,
      payload: wire.slice(from, from + length),
    });
    at = from + length;
  }
  return frames;
}

/** What happened at an endpoint, in order. */
export type Event =
  | { sent: string }
  | { end: true }
  | { text: string }
  | { binary: string }
  | { ping: string }
  | { pong: string }
  | { error: number }
  | { close: number; reason: string; clean: boolean };

/** Bytes in a form that a failed test shows well. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** An endpoint that writes down what happens at it. */
export function recorded(options: EndpointOptions = {}): {
  endpoint: Endpoint;
  events: Event[];
  /** All that was written. */
  written: () => Uint8Array;
} {
  const events: Event[] = [];
  const written: Uint8Array[] = [];
  const endpoint = new Endpoint({
    write: (bytes) => {
      written.push(bytes.slice());
      for (const { opcode, payload } of serverFrames(bytes)) {
        events.push({ sent: `${opcode}:${hex(payload)}` });
      }
    },
    finish: () => events.push({ end: true }),
    message: (data) =>
      events.push(
        typeof data === "string" ? { text: data } : { binary: hex(new Uint8Array(data)) },
      ),
    ping: (payload) => events.push({ ping: hex(payload) }),
    pong: (payload) => events.push({ pong: hex(payload) }),
    failed: ({ closeCode }) => events.push({ error: closeCode }),
    closed: (code, reason, clean) => events.push({ close: code, reason, clean }),
  }, options);
  return { endpoint, events, written: () => joined(...written) };
}

/** The events of pieces of a client's bytes, which are copied first: an endpoint unmasks in place. */
export function eventsOf(pieces: readonly Uint8Array[], options: EndpointOptions = {}): Event[] {
  const { endpoint, events } = recorded(options);
  for (const piece of pieces) endpoint.receive(piece.slice());
  return events;
}

/** The events of a failure with a close code; its reason is the endpoint's. */
export function failed(events: readonly Event[], closeCode: number): Event[] {
  const last = events.at(-1);
  const reason = last !== undefined && "close" in last ? last.reason : "";
  return [
    { sent: `${CLOSE}:${hex(closePayload(closeCode, reason))}` },
    { end: true },
    { error: closeCode },
    { close: 1006, reason, clean: false },
  ];
}
