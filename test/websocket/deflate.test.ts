/**
 * permessage-deflate (RFC 7692), and sections 12 and 13 of the Autobahn test suite: messages against
 * a client that keeps one stream of `node:zlib` in each direction, as clients do.
 */

import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import process from "node:process";
import { randomBytes } from "node:crypto";
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import {
  contextIsPossible,
  type DeflateParameters,
  PerMessageDeflate,
} from "../../src/websocket/deflate.ts";
import { type DeflateOptions, negotiateDeflate } from "../../src/websocket/deflate-negotiation.ts";
import { Endpoint } from "../../src/websocket/endpoint.ts";
import {
  BINARY,
  clientFrame,
  CONTINUATION,
  eventsOf,
  failed,
  hex,
  PING,
  recorded,
  serverFrames,
  TEXT,
} from "../support/websocket-wire.ts";
import { cut, single } from "../support/wire.ts";

const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH, flush: constants.Z_SYNC_FLUSH };
const TAIL = Buffer.from("0000ffff", "hex");

/** Gives a stream of `node:zlib` some bytes, and takes all that comes of them. */
function through(
  stream: ReturnType<typeof createDeflateRaw | typeof createInflateRaw>,
  bytes: Uint8Array,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const take = (piece: Buffer) => pieces.push(piece);
    stream.on("data", take);
    stream.once("error", reject);
    stream.write(bytes, () =>
      stream.flush(constants.Z_SYNC_FLUSH, () => {
        stream.off("data", take);
        stream.off("error", reject);
        resolve(Buffer.concat(pieces));
      }));
  });
}

/** The other side of a connection. */
class Client {
  readonly #parameters: DeflateParameters;
  #deflate: ReturnType<typeof createDeflateRaw> | undefined;
  #inflate: ReturnType<typeof createInflateRaw> | undefined;

  constructor(parameters: DeflateParameters) {
    this.#parameters = parameters;
  }

  async deflate(bytes: Uint8Array): Promise<Uint8Array> {
    const { clientContextTakeover, clientMaxWindowBits } = this.#parameters;
    const windowBits = Math.max(clientMaxWindowBits, 9);
    this.#deflate ??= createDeflateRaw({ ...FLUSH, windowBits });
    const deflated = await through(this.#deflate, bytes);
    if (!clientContextTakeover) this.#deflate = undefined;
    return deflated.length === 0 ? Uint8Array.of(0) : deflated.subarray(0, -TAIL.length);
  }

  async inflate(payload: Uint8Array): Promise<Uint8Array> {
    const { serverContextTakeover, serverMaxWindowBits } = this.#parameters;
    this.#inflate ??= createInflateRaw({ ...FLUSH, windowBits: serverMaxWindowBits });
    const inflated = await through(this.#inflate, Buffer.concat([payload, TAIL]));
    if (!serverContextTakeover) this.#inflate = undefined;
    return inflated;
  }
}

const ALL: DeflateParameters = {
  serverContextTakeover: true,
  clientContextTakeover: true,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const NONE = { ...ALL, serverContextTakeover: false, clientContextTakeover: false };

const words = (length: number) =>
  Buffer.from(
    Array.from({ length: length / 3 + 1 }, (_, i) => `w${(i * 7919 % 97).toString(36)} `).join(""),
  ).subarray(0, length);

/** Echoes messages through an endpoint, both ways compressed. */
async function echoes(parameters: DeflateParameters, messages: readonly Buffer[], opcode: number) {
  const client = new Client(parameters);
  const { endpoint, events, written } = recorded({ deflate: parameters });
  for (const message of messages) {
    endpoint.receive(
      clientFrame({ opcode, rsv: 4, payload: await client.deflate(message) }).slice(),
    );
    const event = events.at(-1)!;
    expect(event).toEqual(
      opcode === TEXT ? { text: message.toString() } : { binary: hex(message) },
    );
    if (opcode === TEXT) endpoint.sendText(message.toString(), true);
    else endpoint.sendBinary(message, true);
  }
  const frames = serverFrames(written());
  expect(frames).toHaveLength(messages.length);
  for (const [i, frame] of frames.entries()) {
    expect([frame.opcode, frame.rsv]).toEqual([opcode, 4]);
    expect(messages[i]!.equals(await client.inflate(frame.payload))).toBe(true);
  }
}

describe("12: messages of any kind and size, compressed", () => {
  const kinds: Record<string, (length: number) => Buffer> = {
    words,
    zeros: (length) => Buffer.alloc(length),
    "bytes at random": (length) => randomBytes(length),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    for (const length of [0, 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072]) {
      test(`${kind}, ${length} bytes`, async () => {
        await echoes(ALL, Array.from({ length: 5 }, () => make(length)), BINARY);
        if (kind === "words") await echoes(ALL, [make(length), make(length)], TEXT);
      });
    }
  }
});

describe("13: offers", () => {
  const offers = [
    "permessage-deflate",
    "permessage-deflate; client_no_context_takeover",
    "permessage-deflate; client_max_window_bits=9",
    "permessage-deflate; client_max_window_bits=15",
    "permessage-deflate; client_no_context_takeover; client_max_window_bits=9",
    "permessage-deflate; client_no_context_takeover; client_max_window_bits=15",
    "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
    "permessage-deflate; client_no_context_takeover; client_max_window_bits=9, " +
    "permessage-deflate; client_no_context_takeover, permessage-deflate",
  ];
  for (const offer of offers) {
    test(offer, async () => {
      const options = { serverContextTakeover: true, clientContextTakeover: true };
      const { parameters } = negotiateDeflate(offer, options)!;
      await echoes(parameters, [16, 300, 5000, 70000].map(words), BINARY);
    });
  }
});

test("messages round-trip with every negotiated combination", async () => {
  const offer = fc.tuple(
    fc.constantFrom("", "; server_no_context_takeover"),
    fc.constantFrom("", "; client_no_context_takeover"),
    fc.constantFrom("", ...[9, 10, 12, 15].map((bits) => `; server_max_window_bits=${bits}`)),
    fc.constantFrom(
      "",
      "; client_max_window_bits",
      ...[9, 11, 15].map((bits) => `; client_max_window_bits=${bits}`),
    ),
  ).map((parts) => `permessage-deflate${parts.join("")}`);
  const options: fc.Arbitrary<DeflateOptions> = fc.record({
    serverContextTakeover: fc.boolean(),
    clientContextTakeover: fc.boolean(),
    serverMaxWindowBits: fc.constantFrom(9, 13, 15),
    clientMaxWindowBits: fc.constantFrom(9, 13, 15),
  });
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    fc.nat(2000).map(words),
    fc.constantFrom(33000, 66000).map(words),
  );
  await fc.assert(
    fc.asyncProperty(
      offer,
      options,
      fc.array(message, { maxLength: 6 }),
      (offer, given, sent) => echoes(negotiateDeflate(offer, given)!.parameters, sent, BINARY),
    ),
    { numRuns: 60 },
  );
});

test("with context takeover a repeated message is a few bytes, without it is not", () => {
  const message = words(3000);
  for (const serverContextTakeover of [true, false]) {
    const deflate = new PerMessageDeflate({ ...ALL, serverContextTakeover });
    const first = deflate.deflate(message).length;
    const second = deflate.deflate(message).length;
    const repeats = serverContextTakeover && contextIsPossible();
    expect(second < first / 4).toBe(repeats);
    if (!repeats) expect(second).toBe(first);
  }
});

describe("the examples of RFC 7692, section 7.2.3", () => {
  const examples: Record<string, string> = {
    "a message in one block": "f248cdc9c90700",
    "a block without compression": "000500faff48656c6c6f00",
    "a final block": "f348cdc9c9070000",
    "two blocks": "f248050000 00ffffcac9c90700".replace(" ", ""),
  };
  for (const [name, payload] of Object.entries(examples)) {
    test(name, () => {
      const frame = clientFrame({ opcode: TEXT, rsv: 4, payload: Buffer.from(payload, "hex") });
      for (const pieces of [[frame], single(frame)]) {
        expect(eventsOf(pieces, { deflate: ALL })).toEqual([{ text: "Hello" }]);
      }
    });
  }

  test("a message that refers to the one before it, where that is negotiated", () => {
    const frames = ["f248cdc9c90700", "f200110000"].map((payload) =>
      clientFrame({ opcode: TEXT, rsv: 4, payload: Buffer.from(payload, "hex") })
    );
    expect(eventsOf(frames, { deflate: ALL })).toEqual([{ text: "Hello" }, { text: "Hello" }]);
    const [first, ...failure] = eventsOf(frames, { deflate: NONE });
    expect(first).toEqual({ text: "Hello" });
    expect(failure).toEqual(failed(failure, 1007));
  });

  test("a message in fragments, with a ping between them", () => {
    const frames = [
      { opcode: TEXT, rsv: 4, fin: false, payload: Buffer.from("f248cd", "hex") },
      { opcode: PING },
      { opcode: CONTINUATION, payload: Buffer.from("c9c90700", "hex") },
    ].map(clientFrame);
    expect(eventsOf(frames, { deflate: ALL })).toEqual([
      { sent: "10:" },
      { ping: "" },
      { text: "Hello" },
    ]);
  });
});

test("a message that is not compressed is taken among compressed ones", () => {
  const frames = [
    { opcode: TEXT, rsv: 4, payload: Buffer.from("f248cdc9c90700", "hex") },
    { opcode: TEXT, payload: "plain" },
    { opcode: TEXT, rsv: 4, payload: Buffer.from("f200110000", "hex") },
  ].map(clientFrame);
  expect(eventsOf(frames, { deflate: ALL })).toEqual(["Hello", "plain", "Hello"]
    .map((text) => ({ text })));
});

test("a short message is sent as it is, a long one compressed, unless told otherwise", () => {
  const { endpoint, written } = recorded({ deflate: NONE });
  endpoint.sendText("short");
  endpoint.sendText("short", true);
  endpoint.sendText("l".repeat(5000));
  endpoint.sendBinary(new Uint8Array(5000));
  endpoint.sendBinary(new Uint8Array(5000), false);
  expect(serverFrames(written()).map(({ rsv }) => rsv)).toEqual([0, 4, 4, 4, 0]);
});

test("a message is never compressed where that was not negotiated", () => {
  const { endpoint, written } = recorded();
  endpoint.sendText("a".repeat(5000), true);
  expect(serverFrames(written())[0]).toMatchObject({ rsv: 0 });
});

describe("what cannot be inflated closes with", () => {
  /** The code with which a compressed message fails. */
  function codeOf(payload: Uint8Array, options = {}, opcode = TEXT): number | undefined {
    const frame = clientFrame({ opcode, rsv: 4, payload });
    const [error, ...others] = [[frame], single(frame)].map((pieces) =>
      eventsOf(pieces, { deflate: ALL, ...options }).find((event) => "error" in event)
    );
    expect(others).toEqual([error]);
    return (error as { error: number } | undefined)?.error;
  }
  const compressed = (bytes: Uint8Array) => deflateRawSync(bytes, FLUSH).subarray(0, -4);

  test("1007: rubbish", () => {
    expect(codeOf(Buffer.from("ffffffff", "hex"))).toBe(1007);
    expect(codeOf(Buffer.from("07", "hex"))).toBe(1007);
  });

  test("1007: a message that is cut inside a block", () => {
    const whole = compressed(words(500));
    expect(codeOf(whole)).toBeUndefined();
    for (const length of [1, 2, 10, 50, whole.length - 2]) {
      expect(codeOf(whole.subarray(0, length))).toBe(1007);
    }
  });

  test("1007: a text that is not UTF-8 once it is inflated, which binary may be", () => {
    const payload = compressed(Uint8Array.of(0x61, 0xed, 0xa0, 0x80));
    expect(codeOf(payload)).toBe(1007);
    expect(codeOf(payload, {}, BINARY)).toBeUndefined();
  });

  test("1009: a message over the limit once it is inflated, by one byte too", () => {
    const payload = compressed(words(1000));
    expect(codeOf(payload, { maxPayloadLength: 1000 })).toBeUndefined();
    expect(codeOf(payload, { maxPayloadLength: 999 })).toBe(1009);
  });

  test("1009: a bomb, and 1 GiB of it is not inflated", () => {
    // One deflated MiB, whose blocks can follow each other.
    const mebibyte = deflateRawSync(new Uint8Array(2 ** 20), {
      finishFlush: constants.Z_FULL_FLUSH,
    });
    const payload = Buffer.concat(Array<Buffer>(1024).fill(mebibyte));
    const before = process.memoryUsage().rss;
    const inflated = new PerMessageDeflate(NONE).inflate(payload, 2 ** 20);
    expect(inflated).toMatchObject({ closeCode: 1009 });
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });

  test("1009: a bomb behind what earlier messages said", () => {
    const perMessage = new PerMessageDeflate(ALL);
    expect(perMessage.inflate(compressed(words(40000)), 2 ** 20)).toHaveLength(40000);
    expect(perMessage.inflate(compressed(new Uint8Array(1001)), 1000)).toMatchObject({
      closeCode: 1009,
    });
    expect(perMessage.inflate(compressed(new Uint8Array(1000)), 1000)).toHaveLength(1000);
  });

  test("1007: a message of nothing but final blocks", () => {
    expect(codeOf(Buffer.from("0300".repeat(5000), "hex"))).toBe(1007);
    expect(codeOf(Buffer.from("030003000300" + "00", "hex"))).toBeUndefined();
  });
});

test("deflate streams that end inside a message go on as one message", () => {
  const stream = deflateRawSync("Hello, ");
  const rest = deflateRawSync("world", FLUSH).subarray(0, -4);
  const frame = clientFrame({ opcode: TEXT, rsv: 4, payload: Buffer.concat([stream, rest]) });
  expect(eventsOf([frame], { deflate: NONE })).toEqual([{ text: "Hello, world" }]);
});

test("a later stream of a message may refer to an earlier one", () => {
  const frame = clientFrame({
    opcode: TEXT,
    rsv: 4,
    payload: Buffer.from("f348cdc9c90700" + "f200110000", "hex"),
  });
  expect(eventsOf([frame], { deflate: NONE })).toEqual([{ text: "HelloHello" }]);
});

test("the limit counts all streams of a message", () => {
  for (const second of ["b", "b".repeat(100)]) {
    const payload = Buffer.concat([deflateRawSync("a".repeat(100)), deflateRawSync(second)]);
    const inflated = (maxLength: number) => new PerMessageDeflate(NONE).inflate(payload, maxLength);
    const length = 100 + second.length;
    expect(inflated(length)).toHaveLength(length);
    for (const maxLength of [length - 1, 100, 99]) {
      expect(inflated(maxLength)).toMatchObject({ closeCode: 1009 });
    }
  }
});

test("a compressed message without a byte is an empty message", () => {
  const frame = clientFrame({ opcode: TEXT, rsv: 4 });
  expect(eventsOf([frame], { deflate: NONE })).toEqual([{ text: "" }]);
});

test("any mutation of a compressed message gives an error with its code or a message", () => {
  const places = fc.array(fc.nat(), { maxLength: 5 });
  fc.assert(
    fc.property(fc.nat(300), fc.nat(), fc.nat(255), places, (length, at, byte, where) => {
      const payload = Buffer.from(deflateRawSync(words(length), FLUSH).subarray(0, -4));
      payload[at % payload.length] = byte;
      const frame = clientFrame({ opcode: BINARY, rsv: 4, payload });
      const options = { deflate: ALL, maxPayloadLength: 400 };
      const events = eventsOf([frame], options);
      expect(eventsOf(cut(frame, where), options)).toEqual(events);
      const error = events.find((event) => "error" in event) as { error: number } | undefined;
      if (error === undefined) expect(Object.keys(events[0]!)).toEqual(["binary"]);
      else expect([1007, 1009].includes(error.error)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("each binary message has an ArrayBuffer of its own", () => {
  const buffers: ArrayBuffer[] = [];
  const ignore = () => {};
  const endpoint = new Endpoint({
    write: ignore,
    finish: ignore,
    message: (data) => buffers.push(data as ArrayBuffer),
    ping: ignore,
    pong: ignore,
    failed: ignore,
    closed: ignore,
  }, { deflate: ALL });
  const wire = Buffer.concat([
    clientFrame({ opcode: BINARY, payload: "one" }),
    clientFrame({ opcode: BINARY, payload: "two", fin: false }),
    clientFrame({ opcode: CONTINUATION, payload: " and three" }),
    clientFrame({ opcode: BINARY, rsv: 4, payload: deflateRawSync("four", FLUSH).subarray(0, -4) }),
    clientFrame({ opcode: BINARY, rsv: 4, payload: deflateRawSync("five", FLUSH).subarray(0, -4) }),
    clientFrame({ opcode: BINARY }),
  ]);
  endpoint.receive(new Uint8Array(wire));
  expect(buffers.map((buffer) => new TextDecoder().decode(buffer)))
    .toEqual(["one", "two and three", "four", "five", ""]);
  expect(buffers.every((buffer) => buffer instanceof ArrayBuffer)).toBe(true);
  expect(new Set(buffers).size).toBe(buffers.length);
});
