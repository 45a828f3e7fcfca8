/** Frames of WebSocket clients as fast-check makes them, right and wrong. */

import fc from "fast-check";
import {
  BINARY,
  type ClientFrame,
  clientFrame,
  CLOSE,
  closePayload,
  CONTINUATION,
  joined,
  payloadOf,
  PING,
  PONG,
  TEXT,
} from "./websocket-wire.ts";
import { cut } from "./wire.ts";

const key: fc.Arbitrary<number> = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
/** A few bytes. */
export const small: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 20 });
/** Around the lengths at which heads and the way of unmasking change. */
export const edge: fc.Arbitrary<Uint8Array> = fc.constantFrom(
  0,
  1,
  124,
  125,
  126,
  127,
  128,
  255,
  256,
  257,
  300,
  65535,
  65536,
  65540,
)
  .map((length) => Uint8Array.from({ length }, (_, i) => i * 7 & 0xff));
/** A short text. */
export const text: fc.Arbitrary<string> = fc.string({ unit: "binary", maxLength: 20 });
/** So long that it is unmasked by words, and seldom all ASCII. */
const longText = fc.tuple(text, fc.constantFrom(250, 700), text)
  .map(([before, length, behind]) => before + "=".repeat(length) + behind);

const control: fc.Arbitrary<ClientFrame> = fc.record({
  opcode: fc.constantFrom(PING, PONG),
  payload: fc.uint8Array({ maxLength: 125 }),
  key,
});

/** A message in fragments, with control frames between them. */
const message: fc.Arbitrary<ClientFrame[]> = fc.tuple(
  fc.oneof(
    fc.oneof(text, longText).map((payload) => ({ opcode: TEXT, payload: payloadOf(payload) })),
    fc.oneof({ weight: 4, arbitrary: small }, { weight: 1, arbitrary: edge })
      .map((payload) => ({ opcode: BINARY, payload })),
  ),
  fc.array(fc.nat(), { maxLength: 3 }),
  fc.array(fc.array(control, { maxLength: 1 }), { minLength: 4, maxLength: 4 }),
  key,
).map(([{ opcode, payload }, where, controls, key]) => {
  const pieces = cut(payload, where);
  return pieces.flatMap((piece, i) => [
    {
      opcode: i === 0 ? opcode : CONTINUATION,
      payload: piece,
      fin: i === pieces.length - 1,
      key: key + i | 0,
    },
    ...controls[i]!,
  ]);
});

const closing: fc.Arbitrary<ClientFrame[]> = fc.constantFrom(
  [],
  [{ opcode: CLOSE }],
  [{ opcode: CLOSE, payload: closePayload(1000, "bye") }],
  [{ opcode: CLOSE, payload: closePayload(4999) }, { opcode: TEXT, payload: "ignored" }],
);

/** A conversation of valid frames, which the client may close. */
export const conversation: fc.Arbitrary<ClientFrame[]> = fc.tuple(
  fc.array(fc.oneof(message, control.map((frame) => [frame])), { maxLength: 5 }),
  closing,
).map(([frames, last]) => [...frames.flat(), ...last]);

/** Frames of which anything may be wrong. */
export const oddFrame: fc.Arbitrary<ClientFrame> = fc.record({
  opcode: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(TEXT, BINARY, CONTINUATION, CLOSE, PING) },
    { weight: 1, arbitrary: fc.nat(15) },
  ),
  payload: fc.oneof(small, text, fc.nat(6000).map((code) => closePayload(code))),
  fin: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.boolean()),
  rsv: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(7)),
  masked: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.boolean()),
  key,
});

/** The bytes of frames. */
export const wireOf = (frames: readonly ClientFrame[]): Uint8Array =>
  joined(...frames.map(clientFrame));
