/**
 * RFC 6455 section by section, in the order of the sections of the Autobahn test suite (1 to 7 and
 * 9): an endpoint that echoes messages, its conversations as tables.
 */

import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { Endpoint } from "../../src/websocket/endpoint.ts";
import {
  BINARY,
  type ClientFrame,
  clientFrame,
  CLOSE,
  closePayload,
  CONTINUATION,
  type Event,
  hex,
  joined,
  payloadOf,
  PING,
  PONG,
  type ServerFrame,
  serverFrames,
  TEXT,
} from "../support/websocket-wire.ts";
import { single } from "../support/wire.ts";

/** What an endpoint sent that echoes each message, and how its connection ended. */
interface Conversation {
  sent: ServerFrame[];
  /** The last event, where the connection ended. */
  closed: { close: number; reason: string; clean: boolean } | undefined;
  error: number | undefined;
}

/** An endpoint that echoes each message at once, as an app does. */
function echoing(): { endpoint: Endpoint; events: Event[]; written: () => Uint8Array } {
  const written: Uint8Array[] = [];
  const events: Event[] = [];
  const endpoint = new Endpoint({
    write: (bytes) => void written.push(bytes),
    finish: () => {},
    message: (data) => {
      if (typeof data === "string") endpoint.sendText(data);
      else endpoint.sendBinary(new Uint8Array(data));
    },
    ping: () => {},
    pong: () => {},
    failed: ({ closeCode }) => events.push({ error: closeCode }),
    closed: (code, reason, clean) => events.push({ close: code, reason, clean }),
  });
  return { endpoint, events, written: () => joined(...written) };
}

/** Gives the bytes to an echoing endpoint, whole, one by one, or in pieces of a length. */
function converse(wire: Uint8Array, pieceLength = wire.length): Conversation {
  const { endpoint, events, written } = echoing();
  for (let at = 0; at < wire.length; at += pieceLength) {
    endpoint.receive(wire.slice(at, at + pieceLength));
  }
  const last = events.at(-1);
  const error = events.find((event) => "error" in event);
  return {
    sent: serverFrames(written()),
    closed: last !== undefined && "close" in last ? last : undefined,
    error: error === undefined ? undefined : (error as { error: number }).error,
  };
}

const wireOf = (frames: readonly ClientFrame[]) => joined(...frames.map(clientFrame));
const sentOf = ({ sent }: Conversation) =>
  sent.map(({ opcode, payload }) => `${opcode}:${hex(payload)}`);
const frame = (opcode: number, payload: Uint8Array | string = "") =>
  `${opcode}:${hex(payloadOf(payload))}`;

/** Whole, and byte by byte. */
const SPLITS = [["in one piece", undefined], ["byte by byte", 1]] as const;

/** Declares tests that a conversation is answered by frames, and goes on. */
function answers(
  name: string,
  frames: readonly ClientFrame[],
  answer: readonly string[],
): void {
  for (const [how, length] of SPLITS) {
    test(`${name}, ${how}`, () => {
      const conversation = converse(wireOf(frames), length);
      expect(sentOf(conversation)).toEqual([...answer]);
      expect(conversation.closed).toBeUndefined();
    });
  }
}

/** Declares tests that a conversation fails with a close code, after frames that answer what was right. */
function fails(
  name: string,
  frames: readonly ClientFrame[],
  code: number,
  before: readonly string[] = [],
): void {
  for (const [how, length] of SPLITS) {
    test(`${name}, ${how}`, () => {
      const { closed, error, ...conversation } = converse(wireOf(frames), length);
      expect(error).toBe(code);
      expect(closed).toMatchObject({ close: 1006, clean: false });
      expect(sentOf({ closed, error, ...conversation }).slice(0, -1)).toEqual([...before]);
      const { opcode, payload } = conversation.sent.at(-1)!;
      expect(opcode).toBe(CLOSE);
      expect(payload[0]! * 256 + payload[1]!).toBe(code);
      expect(payload.length).toBeGreaterThan(2);
    });
  }
}

const ascii = (length: number) => "*".repeat(length);
const octets = (length: number) => Uint8Array.from({ length }, (_, i) => 0xfe - (i & 1));

describe("1: messages in one frame", () => {
  const lengths = [0, 1, 125, 126, 127, 128, 65535, 65536];
  test.each(lengths)("a text of %d bytes", (length) => {
    const text = ascii(length);
    expect(sentOf(converse(wireOf([{ opcode: TEXT, payload: text }])))).toEqual([
      frame(TEXT, text),
    ]);
  });
  test.each(lengths)("binary of %d bytes", (length) => {
    const payload = octets(length);
    expect(sentOf(converse(wireOf([{ opcode: BINARY, payload }])))).toEqual([
      frame(BINARY, payload),
    ]);
  });
  test.each([1, 997, 4096])("65536 bytes in pieces of %d", (pieceLength) => {
    const text = ascii(65536), payload = octets(65536);
    const wire = wireOf([{ opcode: TEXT, payload: text }, { opcode: BINARY, payload }]);
    expect(sentOf(converse(wire, pieceLength))).toEqual([
      frame(TEXT, text),
      frame(BINARY, payload),
    ]);
  });
});

describe("2: pings and pongs", () => {
  const ping = (payload: Uint8Array | string = "") => ({ opcode: PING, payload });
  const pong = (payload: Uint8Array | string = "") => ({ opcode: PONG, payload });
  answers("a ping without payload", [ping()], [frame(PONG)]);
  answers("a ping with a text", [ping("Hello")], [frame(PONG, "Hello")]);
  const odd = Uint8Array.of(0, 0xff, 0xfe, 0xfd, 0);
  answers("a ping with bytes that are not UTF-8", [ping(odd)], [frame(PONG, odd)]);
  answers("a ping of 125 bytes", [ping(octets(125))], [frame(PONG, octets(125))]);
  fails("a ping of 126 bytes", [ping(octets(126))], 1002);
  fails("a pong of 126 bytes", [pong(octets(126))], 1002);
  answers("a pong that nothing asked for", [pong()], []);
  answers("a pong with a payload that nothing asked for", [pong("unasked")], []);
  answers("a pong, then a ping", [pong("unasked"), ping("asked")], [frame(PONG, "asked")]);
  const ten = Array.from({ length: 10 }, (_, i) => `payload ${i}`);
  answers("ten pings", ten.map(ping), ten.map((payload) => frame(PONG, payload)));
});

describe("3: reserved bits", () => {
  const hello = { opcode: TEXT, payload: "Hello" };
  for (const rsv of [1, 2, 3, 4, 5, 6, 7]) {
    for (const opcode of [TEXT, BINARY, PING, PONG, CLOSE]) {
      fails(
        `RSV ${rsv} on opcode ${opcode} after a message`,
        [
          hello,
          { opcode, rsv, payload: opcode === CLOSE ? "" : "odd" },
          { opcode: PING },
        ],
        1002,
        [frame(TEXT, "Hello")],
      );
    }
  }
  fails("RSV 1 on a continuation", [
    { ...hello, fin: false },
    { opcode: CONTINUATION, rsv: 1 },
  ], 1002);
});

describe("4: reserved opcodes", () => {
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    fails(`opcode ${opcode}`, [{ opcode }], 1002);
    fails(
      `opcode ${opcode} with a payload, after a message and before a ping`,
      [
        { opcode: TEXT, payload: "Hello" },
        { opcode, payload: "reserved" },
        { opcode: PING },
      ],
      1002,
      [frame(TEXT, "Hello")],
    );
    fails(`opcode ${opcode} inside a message`, [
      { opcode: TEXT, payload: "Hel", fin: false },
      { opcode },
    ], 1002);
  }
});

describe("5: fragments", () => {
  const first = (payload = "fragment1") => ({ opcode: TEXT, payload, fin: false });
  const middle = (payload = "fragment2") => ({ opcode: CONTINUATION, payload, fin: false });
  const last = (payload = "fragment2") => ({ opcode: CONTINUATION, payload });
  const ping = { opcode: PING, payload: "ping" };
  const whole = frame(TEXT, "fragment1fragment2");
  const pong = frame(PONG, "ping");
  fails("a fragmented ping", [{ ...ping, fin: false }, last()], 1002);
  fails("a fragmented pong", [{ opcode: PONG, fin: false }, last()], 1002);
  fails("a fragmented close", [{ opcode: CLOSE, fin: false }, last()], 1002);
  answers("a text in two", [first(), last()], [whole]);
  answers("binary in two", [{ ...first(), opcode: BINARY }, last()], [
    frame(BINARY, "fragment1fragment2"),
  ]);
  answers("a ping between two fragments", [first(), ping, last()], [pong, whole]);
  answers("pings between and after five fragments", [
    first("1"),
    middle("2"),
    ping,
    middle("3"),
    middle("4"),
    ping,
    last("5"),
    ping,
  ], [pong, pong, frame(TEXT, "12345"), pong]);
  answers("two messages, each in fragments", [first("a"), last("b"), first("c"), last("d")], [
    frame(TEXT, "ab"),
    frame(TEXT, "cd"),
  ]);
  for (const fin of [true, false]) {
    for (const payload of ["", "not alone"]) {
      const stray = { opcode: CONTINUATION, payload, fin };
      const how = `of ${payload.length} bytes, ${fin ? "" : "not "}final`;
      fails(`a continuation of nothing ${how}`, [stray, { opcode: TEXT }], 1002);
      fails(`a continuation after a message ${how}`, [first(), last(), stray], 1002, [whole]);
    }
  }
  fails("a text inside a text", [first(), { opcode: TEXT, payload: "new" }], 1002);
  fails("binary inside a text", [first(), { ...first(), opcode: BINARY }], 1002);
});

/** Sequences of the UTF-8 stress test by kind: hexadecimal. */
const VALID_UTF8: Record<string, readonly string[]> = {
  "6.2: letters of several alphabets": ["48656c6c6fc2b5c39fc3b6c3a4c3bcc3a0c3a1"],
  "6.5: Greek": ["cebae1bdb9cf83cebcceb5"],
  "6.7: the first sequence of each length": ["00", "c280", "e0a080", "f0908080"],
  "6.9: the last sequence of each length": ["7f", "dfbf", "efbfbf", "f48fbfbf"],
  "6.11: around the surrogates and the end": ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf"],
  "6.22: noncharacters": ["efbfbe", "efbfbf", "f09fbfbe", "f09fbfbf", "f48fbfbe", "efb790"],
  "6.23: the replacement character and marks": ["efbfbd", "efbbbf61", "e280a8"],
};
const INVALID_UTF8: Record<string, readonly string[]> = {
  "6.3: a surrogate in a text": ["cebae1bdb9cf83cebcceb5eda080656469746564"],
  "6.8: the first sequence of five and of six bytes": ["f888808080", "fc8480808080"],
  "6.10: the last sequence of four, five and six bytes": ["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"],
  "6.11: just after the last character": ["f4908080"],
  "6.12: continuation bytes without a start": ["80", "bf", "80bf", "80bf80", "80bf80bf80bf"],
  "6.13: starts without continuation": ["c020", "e020", "f020", "f820", "fc20", "c3c3"],
  "6.14: sequences that lack their last byte": ["c0", "e080", "f08080", "df", "efbf", "f48fbf"],
  "6.15: these one after the other": ["dfefbff48fbf"],
  "6.16: impossible bytes": ["fe", "ff", "fefeffff"],
  "6.17: overlong slashes": ["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"],
  "6.18: the longest overlong sequences": ["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf"],
  "6.19: overlong NULs": ["c080", "e08080", "f0808080", "f880808080"],
  "6.20: single surrogates": ["eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"],
  "6.21: pairs of surrogates": ["eda080edb080", "edadbfedbfbf", "edafbfedb080", "edafbfedbfbf"],
};

describe("6: UTF-8", () => {
  const inOne = (payload: Uint8Array) => [{ opcode: TEXT, payload }];
  const inBytes = (payload: Uint8Array) =>
    single(payload).map((piece, i, { length }) => ({
      opcode: i === 0 ? TEXT : CONTINUATION,
      payload: piece,
      fin: i === length - 1,
    }));
  const around = (bytes: Uint8Array) => joined(payloadOf("before "), bytes, payloadOf(" behind é"));

  answers("6.1: an empty text", inOne(payloadOf()), [frame(TEXT)]);
  answers("6.1: an empty text in three fragments", [
    { opcode: TEXT, fin: false },
    { opcode: CONTINUATION, fin: false },
    { opcode: CONTINUATION },
  ], [frame(TEXT)]);
  answers("6.1: empty fragments around one with text", [
    { opcode: TEXT, fin: false },
    { opcode: CONTINUATION, payload: "middle", fin: false },
    { opcode: CONTINUATION },
  ], [frame(TEXT, "middle")]);

  for (const [kind, sequences] of Object.entries(VALID_UTF8)) {
    for (const sequence of sequences) {
      const bytes = new Uint8Array(Buffer.from(sequence, "hex"));
      for (const payload of [bytes, around(bytes)]) {
        const name = `${kind}: ${hex(payload)}`;
        answers(name, inOne(payload), [frame(TEXT, payload)]);
        answers(`${name} in fragments`, inBytes(payload), [frame(TEXT, payload)]);
      }
    }
  }
  for (const [kind, sequences] of Object.entries(INVALID_UTF8)) {
    for (const sequence of sequences) {
      const bytes = new Uint8Array(Buffer.from(sequence, "hex"));
      for (const payload of [bytes, around(bytes)]) {
        const name = `${kind}: ${hex(payload)}`;
        fails(name, inOne(payload), 1007);
        fails(`${name} in fragments`, inBytes(payload), 1007);
      }
    }
  }

  const greek = new Uint8Array(Buffer.from("cebae1bdb9cf83cebcceb5", "hex"));
  test("6.6: each beginning of a text is taken where it ends with a character", () => {
    for (let length = 1; length <= greek.length; length++) {
      const payload = greek.subarray(0, length);
      const valid = [2, 5, 7, 9, 11].includes(length);
      const { sent, error } = converse(wireOf(inOne(payload)));
      expect(error).toBe(valid ? undefined : 1007);
      expect(sent[0]!.opcode).toBe(valid ? TEXT : CLOSE);
    }
  });

  // The first byte after which no valid text can follow is the third of these four.
  const [before, wrong, behind] = [greek, Uint8Array.of(0xf4, 0x90), Uint8Array.of(0x80, 0x80)];
  test("6.4: a fragment is refused before its message ends", () => {
    const wire = wireOf([
      { opcode: TEXT, payload: before, fin: false },
      { opcode: CONTINUATION, payload: wrong, fin: false },
    ]);
    expect(converse(wire).error).toBe(1007);
  });
  test("6.4: a frame is refused at its first wrong byte, and not earlier", () => {
    const wire = wireOf([{ opcode: TEXT, payload: joined(before, wrong, behind) }]);
    const upToWrong = wire.length - behind.length;
    for (const pieceLength of [undefined, 1]) {
      expect(converse(wire.subarray(0, upToWrong), pieceLength).error).toBe(1007);
      expect(converse(wire.subarray(0, upToWrong - 1), pieceLength).error).toBeUndefined();
    }
  });
});

describe("7: closing", () => {
  const hello = { opcode: TEXT, payload: "Hello" };
  const close = { opcode: CLOSE, payload: closePayload(1000, "bye") };
  const echoed = frame(CLOSE, closePayload(1000, "bye"));

  /** Declares tests that a conversation ends cleanly. */
  function closes(
    name: string,
    frames: readonly ClientFrame[],
    sent: readonly string[],
    code = 1000,
    reason = "bye",
  ): void {
    for (const [how, length] of SPLITS) {
      test(`${name}, ${how}`, () => {
        const conversation = converse(wireOf(frames), length);
        expect(conversation.closed).toEqual({ close: code, reason, clean: true });
        expect(conversation.error).toBeUndefined();
        expect(sentOf(conversation)).toEqual([...sent]);
      });
    }
  }

  closes("7.1: a message, then a close", [hello, close], [frame(TEXT, "Hello"), echoed]);
  closes("7.1: two closes", [close, close], [echoed]);
  closes("7.1: a ping after the close", [close, { opcode: PING }], [echoed]);
  closes("7.1: a text after the close", [close, hello], [echoed]);
  closes("7.1: rubbish after the close", [close, { opcode: 15, rsv: 7 }], [echoed]);
  closes("7.1: a close inside a message, then its end", [
    { ...hello, fin: false },
    close,
    { opcode: CONTINUATION, payload: "late" },
  ], [echoed]);
  test("7.1: a long message, a close and a ping", () => {
    const text = ascii(262144);
    const wire = wireOf([{ opcode: TEXT, payload: text }, close, { opcode: PING }]);
    expect(sentOf(converse(wire, 65536))).toEqual([frame(TEXT, text), echoed]);
  });

  closes("7.3: an empty close", [{ opcode: CLOSE }], [frame(CLOSE)], 1005, "");
  fails("7.3: a close of one byte", [{ opcode: CLOSE, payload: "a" }], 1002);
  const alone = closePayload(1000);
  closes("7.3: a code", [{ opcode: CLOSE, payload: alone }], [frame(CLOSE, alone)], 1000, "");
  closes("7.3: a code and a reason", [close], [echoed]);
  const long = closePayload(1000, ascii(123));
  closes(
    "7.3: a reason of 123 bytes",
    [{ opcode: CLOSE, payload: long }],
    [frame(CLOSE, long)],
    1000,
    ascii(123),
  );
  fails("7.3: a reason of 124 bytes", [
    { opcode: CLOSE, payload: closePayload(1000, ascii(124)) },
  ], 1002);

  fails("7.5: a reason that is not UTF-8", [
    { opcode: CLOSE, payload: closePayload(1000, Uint8Array.of(0xce, 0xba, 0xed, 0xa0, 0x80)) },
  ], 1007);
  fails("7.5: a reason that ends inside a character", [
    { opcode: CLOSE, payload: closePayload(1000, Uint8Array.of(0xce)) },
  ], 1007);

  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  for (const code of [...valid, 3000, 3999, 4000, 4999]) {
    const payload = closePayload(code, "why");
    closes(`7.7: code ${code}`, [{ opcode: CLOSE, payload }], [frame(CLOSE, payload)], code, "why");
  }
  const invalid = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
  for (const code of invalid) {
    fails(`7.9, 7.13: code ${code}`, [{ opcode: CLOSE, payload: closePayload(code) }], 1002);
  }
});

describe("9: limits", () => {
  const MIB = 2 ** 20;
  for (const opcode of [TEXT, BINARY]) {
    const kind = opcode === TEXT ? "text" : "binary";
    for (const length of [65536, 262144, MIB, 4 * MIB, 16 * MIB]) {
      test(`${kind} of ${length} bytes in one frame`, () => {
        echoes(opcode, [length], 65536);
      });
    }
    for (const fragment of [64, 256, 1024, 4096, 16384, 65536, 262144]) {
      test(`${kind} of 1 MiB in fragments of ${fragment} bytes`, () => {
        echoes(opcode, Array(MIB / fragment).fill(fragment), 65536);
      });
    }
    for (const pieceLength of [64, 128, 256, 512, 1024, 2048]) {
      test(`${kind} of 1 MiB in pieces of ${pieceLength} bytes`, () => {
        echoes(opcode, [MIB], pieceLength);
      });
    }
    for (const length of [0, 16, 64, 256, 1024, 4096]) {
      test(`1000 messages, ${kind} of ${length} bytes`, () => {
        const payload = new Uint8Array(length).fill(0x2a);
        const one = clientFrame({ opcode, payload });
        const wire = new Uint8Array(1000 * one.length);
        for (let i = 0; i < 1000; i++) wire.set(one, i * one.length);
        const { sent } = converse(wire, 65536);
        expect(sent).toHaveLength(1000);
        expect(sent.every((frame) => frame.opcode === opcode && frame.payload.length === length))
          .toBe(true);
      });
    }
  }

  /** Sends a message in fragments of lengths, and compares what comes back. */
  function echoes(opcode: number, lengths: readonly number[], pieceLength: number): void {
    const total = lengths.reduce((sum, length) => sum + length);
    const payload = Buffer.alloc(total, "Twelve bytes");
    let at = 0;
    const wire = Buffer.concat(lengths.map((length, i) => {
      const piece = payload.subarray(at, at += length);
      const head = { opcode: i === 0 ? opcode : CONTINUATION, fin: at === total, key: 0 };
      // With a key of zeros the masked payload is the payload.
      return Buffer.concat([clientFrame({ ...head, length }), piece]);
    }));
    const { endpoint, written } = echoing();
    for (let from = 0; from < wire.length; from += pieceLength) {
      endpoint.receive(Uint8Array.from(wire.subarray(from, from + pieceLength)));
    }
    const [frame] = serverFrames(written());
    expect(frame!.opcode).toBe(opcode);
    expect(payload.equals(frame!.payload)).toBe(true);
  }
});
