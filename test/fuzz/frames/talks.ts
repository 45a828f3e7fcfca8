/** Hostile conversations over a WebSocket as fast-check makes them: what is sent, and how. */

import { Buffer } from "node:buffer";
import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import {
  conversation,
  edge,
  oddFrame,
  small,
  text,
  wireOf,
} from "../../support/arbitrary-frames.ts";
import {
  BINARY,
  type ClientFrame,
  clientFrame,
  joined,
  payloadOf,
  TEXT,
} from "../../support/websocket-wire.ts";

/** What is sent over one socket, and how. */
export interface Talk {
  /** What is wrong with it; nothing where it is empty. */
  kinds: string[];
  /** The bytes after the handshake, in hexadecimal digits. */
  wire: string;
  /** Places at which they are split. */
  cuts: number[];
  /** Milliseconds of pause before each piece but the first. */
  pauses: number[];
  /** Whether the first piece is sent with the handshake. */
  early: boolean;
  /** The longest message that the app takes, in bytes. */
  most: number;
  /** Whether compression is offered. */
  deflate: boolean;
  /** Whether the client waits for the server's end, or leaves when it has sent all. */
  ending: "stay" | "close" | "reset";
}

/** The bytes that end each compressed message, and are not sent (RFC 7692, section 7.2.1). */
export const TAIL: Uint8Array = Uint8Array.of(0, 0, 0xff, 0xff);

function compressed(opcode: number, payload: Uint8Array): ClientFrame {
  const whole = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH });
  return { opcode, payload: whole.subarray(0, -TAIL.length), rsv: 4 };
}

const compressedMessages = fc.array(
  fc.oneof(
    text.map((value) => compressed(TEXT, payloadOf(value))),
    fc.oneof(small, edge).map((value) => compressed(BINARY, value)),
    // Too long once it is inflated.
    fc.constant(compressed(BINARY, new Uint8Array(5_000_000))),
  ),
  { minLength: 1, maxLength: 4 },
).map((frames) => joined(...frames.map(clientFrame)));

const wires = fc.oneof(
  { weight: 4, arbitrary: conversation.map((frames) => [[] as string[], wireOf(frames)] as const) },
  {
    weight: 3,
    arbitrary: fc.array(oddFrame, { maxLength: 6 })
      .map((frames) => [["odd frames"], wireOf(frames)] as const),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 300 }).map((wire) => [["any bytes"], wire] as const),
  },
);

type Edit = (wire: Uint8Array) => Uint8Array;
const position = fc.double({ min: 0, max: 0.999, noNaN: true });

/** Changes of a few bytes. */
const edits: fc.Arbitrary<readonly [kind: string, edit: Edit]> = fc.oneof(
  fc.tuple(position, fc.nat(255)).map(([at, byte]) =>
    ["a byte changed", (wire: Uint8Array) => {
      const changed = wire.slice();
      if (wire.length > 0) changed[Math.floor(at * Math.min(wire.length, 300))] = byte;
      return changed;
    }] as const
  ),
  position.map((at) =>
    ["cut short", (wire: Uint8Array) => wire.slice(0, at * wire.length)] as const
  ),
  fc.tuple(position, small).map(([at, bytes]) =>
    ["bytes put in", (wire: Uint8Array) => {
      const place = Math.floor(at * wire.length);
      return joined(wire.subarray(0, place), bytes, wire.subarray(place));
    }] as const
  ),
  fc.tuple(position, fc.integer({ min: 1, max: 20 })).map(([at, count]) =>
    ["bytes taken out", (wire: Uint8Array) => {
      const place = Math.floor(at * wire.length);
      return joined(wire.subarray(0, place), wire.subarray(place + count));
    }] as const
  ),
);

/** Conversations of any kind. */
export const talks: fc.Arbitrary<Talk> = fc.tuple(
  fc.oneof(
    { weight: 6, arbitrary: wires.map(([kinds, wire]) => ({ kinds, wire, deflate: false })) },
    {
      weight: 1,
      arbitrary: compressedMessages.map((wire) => ({ kinds: [] as string[], wire, deflate: true })),
    },
  ),
  fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(edits, { minLength: 1, maxLength: 3 }) },
  ),
  fc.array(fc.nat(), { maxLength: 6 }),
  fc.array(fc.constantFrom(0, 0, 1, 5), { maxLength: 6 }),
  fc.boolean(),
  fc.constantFrom(600, 100_000),
  fc.oneof(
    { weight: 5, arbitrary: fc.constant("stay" as const) },
    { weight: 1, arbitrary: fc.constantFrom("close" as const, "reset" as const) },
  ),
).map(([{ kinds, wire, deflate }, changes, cuts, pauses, early, most, ending]) => ({
  kinds: [
    ...kinds,
    ...(deflate ? ["compressed"] : []),
    ...changes.map(([kind]) => kind),
  ],
  wire: Buffer.from(changes.reduce((bytes, [, edit]) => edit(bytes), wire)).toString("hex"),
  cuts,
  pauses,
  early,
  most,
  deflate,
  ending,
}));
