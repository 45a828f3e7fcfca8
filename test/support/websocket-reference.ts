/** A naive reading of RFC 6455, sections 5 and 7, over all bytes of a client at once: an oracle. */

import { CLOSE, CONTINUATION, type Event, hex, PING, PONG, TEXT } from "./websocket-wire.ts";

/** The events, where a failure is its close code alone. */
export type Judged = Event | { failed: number };

class Failed extends Error {
  readonly code: number;
  constructor(code: number) {
    super();
    this.code = code;
  }
}

/** What an endpoint without extensions has to make of the bytes. */
export function judgeFrames(wire: Uint8Array, maxLength: number): Judged[] {
  const events: Judged[] = [];
  try {
    readFrames(wire, maxLength, events);
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    events.push({ failed: error.code });
  }
  return events;
}

function need(condition: boolean, code = 1002): void {
  if (!condition) throw new Failed(code);
}

function readFrames(wire: Uint8Array, maxLength: number, events: Judged[]): void {
  let message: { opcode: number; bytes: number[]; total: number } | undefined;
  for (let at = 0; at < wire.length;) {
    const first = wire[at++]!;
    const opcode = first & 15, fin = first >= 128, control = opcode >= 8;
    need((first & 0x70) === 0);
    need([0, 1, 2, 8, 9, 10].includes(opcode));
    need(!control || fin);
    if (!control) need((opcode === CONTINUATION) === (message !== undefined));
    if (at === wire.length) return;
    const second = wire[at++]!;
    need(second >= 128);
    let length = BigInt(second & 127);
    need(!control || length <= 125n);
    if (length > 125n) {
      const digits = length === 126n ? 2 : 8;
      if (digits === 8 && at < wire.length) need(wire[at]! < 128);
      if (at + digits > wire.length) return;
      length = BigInt(`0x${hex(wire.subarray(at, at + digits))}`);
      at += digits;
    }
    if (!control) {
      message ??= { opcode, bytes: [], total: 0 };
      message.total += Number(length);
      need(message.total <= maxLength, 1009);
    }
    if (at + 4 > wire.length) return;
    const key = wire.subarray(at, at += 4);
    const payload = [...wire.subarray(at, at + Number(length))]
      .map((byte, i) => byte ^ key[i % 4]!);
    at += payload.length;
    const whole = payload.length === Number(length);
    if (control) {
      if (!whole) return;
      if (closes(opcode, Uint8Array.from(payload), events)) return;
      continue;
    }
    message!.bytes.push(...payload);
    const bytes = Uint8Array.from(message!.bytes);
    const last = whole && fin;
    const text = message!.opcode === TEXT ? decoded(bytes, !last) : "";
    if (!last) continue;
    events.push(message!.opcode === TEXT ? { text } : { binary: hex(bytes) });
    message = undefined;
  }
}

function closes(opcode: number, payload: Uint8Array, events: Judged[]): boolean {
  const bytes = hex(payload);
  if (opcode === PING) events.push({ sent: `${PONG}:${bytes}` }, { ping: bytes });
  if (opcode === PONG) events.push({ pong: bytes });
  if (opcode !== CLOSE) return false;
  need(payload.length !== 1);
  const code = payload.length === 0 ? 1005 : payload[0]! * 256 + payload[1]!;
  const known = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  need(payload.length === 0 || known.includes(code) || code >= 3000 && code < 5000);
  const reason = decoded(payload.subarray(2), false);
  events.push({ sent: `${CLOSE}:${bytes}` }, { end: true }, { close: code, reason, clean: true });
  return true;
}

function decoded(bytes: Uint8Array, more: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes, { stream: more });
  } catch {
    throw new Failed(1007);
  }
}
