/** The endpoint against a naive reading of RFC 6455, over any frames, mutations and splits. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Judged, judgeFrames } from "../support/websocket-reference.ts";
import {
  BINARY,
  type ClientFrame,
  clientFrame,
  CLOSE,
  closePayload,
  CONTINUATION,
  type Event,
  eventsOf,
  failed,
  joined,
  payloadOf,
  PING,
  PONG,
  recorded,
  serverFrames,
  TEXT,
} from "../support/websocket-wire.ts";
import { cut, single } from "../support/wire.ts";

const places = fc.array(fc.nat(), { maxLength: 8 });
const key = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const small = fc.uint8Array({ maxLength: 20 });
/** Around the lengths at which heads and the way of unmasking change. */
const edge = fc.constantFrom(0, 1, 124, 125, 126, 127, 128, 255, 256, 257, 300, 65535, 65536, 65540)
  .map((length) => Uint8Array.from({ length }, (_, i) => i * 7 & 0xff));
const text = fc.string({ unit: "binary", maxLength: 20 });
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

const conversation: fc.Arbitrary<ClientFrame[]> = fc.tuple(
  fc.array(fc.oneof(message, control.map((frame) => [frame])), { maxLength: 5 }),
  closing,
).map(([frames, last]) => [...frames.flat(), ...last]);

/** Frames of which anything may be wrong. */
const oddFrame: fc.Arbitrary<ClientFrame> = fc.record({
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

const wireOf = (frames: readonly ClientFrame[]) => joined(...frames.map(clientFrame));

/** The last four events of a failure as its close code, which the close frame has to carry. */
function summary(events: readonly Event[]): Judged[] {
  const error = events.find((event) => "error" in event);
  if (error === undefined) return [...events];
  const code = (error as { error: number }).error;
  expect(events.slice(-4)).toEqual(failed(events, code));
  return [...events.slice(0, -4), { failed: code }];
}

function agrees(wire: Uint8Array, where: readonly number[], maxPayloadLength = 2 ** 24): void {
  const expected = judgeFrames(wire, maxPayloadLength);
  const options = { maxPayloadLength };
  expect(summary(eventsOf([wire], options))).toEqual(expected);
  expect(summary(eventsOf(cut(wire, where), options))).toEqual(expected);
  if (wire.length < 2000) {
    expect(summary(eventsOf(single(wire), options))).toEqual(expected);
  }
}

test("any split of any valid frames gives the same events", () => {
  fc.assert(
    fc.property(conversation, places, (frames, where) => agrees(wireOf(frames), where)),
    { numRuns: 300 },
  );
});

test("frames of which anything is wrong give the events before it, then its close code", () => {
  fc.assert(
    fc.property(
      fc.array(oddFrame, { maxLength: 6 }),
      places,
      (frames, where) => agrees(wireOf(frames), where),
    ),
    { numRuns: 1500 },
  );
});

test("any limit of the length is kept, for messages in one frame and in many", () => {
  fc.assert(
    fc.property(
      conversation,
      places,
      fc.nat(200),
      (frames, where, limit) => agrees(wireOf(frames), where, limit),
    ),
    { numRuns: 300 },
  );
});

test("any edits of valid frames give an error with its close code, or other messages", () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(conversation, edits, places, (frames, changed, where) => {
      const wire = wireOf(frames);
      if (wire.length === 0 || wire.length > 5000) return;
      for (const [at, byte] of changed) wire[at % Math.min(wire.length, 200)] = byte;
      agrees(wire, where);
    }),
    { numRuns: 1500 },
  );
});

test("any bytes give what the naive reading gives", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), places, (wire, where) => agrees(wire, where)),
    { numRuns: 1000 },
  );
});

test("what an endpoint sends is read back as it was given", () => {
  const sent = fc.oneof(
    text.map((value) => ({ opcode: TEXT, value: payloadOf(value), text: value })),
    fc.oneof(small, edge).map((value) => ({ opcode: BINARY, value, text: undefined })),
  );
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 5 }), (messages) => {
      const { endpoint, written } = recorded();
      for (const { text, value } of messages) {
        const length = text === undefined ? endpoint.sendBinary(value) : endpoint.sendText(text);
        expect(length).toBeGreaterThan(value.length);
      }
      expect(serverFrames(written())).toEqual(
        messages.map(({ opcode, value: payload }) => ({
          opcode,
          fin: true,
          rsv: 0,
          payload: payload.slice(),
        })),
      );
    }),
    { numRuns: 200 },
  );
});
