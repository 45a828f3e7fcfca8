/** The endpoint against a naive reading of RFC 6455, over any frames, mutations and splits. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { conversation, edge, oddFrame, small, text, wireOf } from "../support/arbitrary-frames.ts";
import { type Judged, judgeFrames } from "../support/websocket-reference.ts";
import {
  BINARY,
  type Event,
  eventsOf,
  failed,
  payloadOf,
  recorded,
  serverFrames,
  TEXT,
} from "../support/websocket-wire.ts";
import { cut, single } from "../support/wire.ts";

const places = fc.array(fc.nat(), { maxLength: 8 });

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
