/** The state of one connection: what an endpoint sends by itself, and what it sends no longer. */

import { describe, expect, test } from "bun:test";
import { ScgiError } from "../../src/errors.ts";
import { CLOSED, CLOSING, Endpoint, OPEN } from "../../src/websocket/endpoint.ts";
import {
  BINARY,
  clientFrame,
  CLOSE,
  closePayload,
  CONTINUATION,
  type Event,
  failed,
  hex,
  joined,
  payloadOf,
  PING,
  PONG,
  recorded,
  serverFrames,
  TEXT,
} from "../support/websocket-wire.ts";

const closeFrame = (code: number, reason = "") =>
  clientFrame({ opcode: CLOSE, payload: closePayload(code, reason) });
const sentClose = (code: number, reason = "") => ({
  sent: `${CLOSE}:${hex(closePayload(code, reason))}`,
});

/** An endpoint of which only the writes are looked at. */
function writing(write: (bytes: Uint8Array) => boolean | void): Endpoint {
  const ignore = () => {};
  return new Endpoint({
    write,
    finish: ignore,
    message: ignore,
    ping: ignore,
    pong: ignore,
    failed: ignore,
    closed: ignore,
  });
}

/** Whether it throws this package's error, with a code. */
function refuses(action: () => unknown): void {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ScgiError);
  expect((thrown as ScgiError).code).toBe("OPTION_INVALID");
}

test("an endpoint is open from the start, and closing until the peer's close frame", () => {
  const { endpoint, events } = recorded();
  expect(endpoint.readyState).toBe(OPEN);
  endpoint.close(4000, "done");
  expect(endpoint.readyState).toBe(CLOSING);
  endpoint.receive(closeFrame(4000, "done"));
  expect(endpoint.readyState).toBe(CLOSED);
  expect(events).toEqual([
    sentClose(4000, "done"),
    { end: true },
    { close: 4000, reason: "done", clean: true },
  ]);
});

test("the peer's code counts, where both close at once", () => {
  const { endpoint, events } = recorded();
  endpoint.close(1001);
  endpoint.receive(closeFrame(1000, "bye"));
  expect(events.at(-1)).toEqual({ close: 1000, reason: "bye", clean: true });
});

test("a close without a code is an empty frame", () => {
  const { endpoint, events } = recorded();
  endpoint.close();
  endpoint.close(1000);
  expect(events).toEqual([{ sent: `${CLOSE}:` }]);
});

test("a long reason is cut before the character that does not fit", () => {
  const { endpoint, events } = recorded();
  endpoint.close(1000, "é".repeat(100));
  expect(events).toEqual([sentClose(1000, "é".repeat(61))]);
});

test("a code that must not be sent is refused, in any state", () => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, NaN]) {
    const { endpoint, events } = recorded();
    refuses(() => endpoint.close(code));
    expect(events).toEqual([]);
    endpoint.terminate();
    refuses(() => endpoint.close(code));
  }
});

test("a ping or pong of over 125 bytes is refused", () => {
  const { endpoint, events } = recorded();
  refuses(() => endpoint.ping(new Uint8Array(126)));
  refuses(() => endpoint.pong(new Uint8Array(126)));
  expect(endpoint.ping(new Uint8Array(125))).toBe(127);
  expect(endpoint.pong()).toBe(2);
  expect(events).toEqual([{ sent: `${PING}:${"00".repeat(125)}` }, { sent: `${PONG}:` }]);
});

test("messages are sent with their length in the shortest form, and their bytes are counted", () => {
  const { endpoint } = recorded();
  const sizes = [0, 125, 126, 65535, 65536];
  expect(sizes.map((size) => endpoint.sendBinary(new Uint8Array(size)) - size))
    .toEqual([2, 2, 4, 4, 10]);
  expect(sizes.map((size) => endpoint.sendText("a".repeat(size)) - size))
    .toEqual([2, 2, 4, 4, 10]);
  expect(endpoint.sendText("é".repeat(63))).toBe(130);
});

test("a lone surrogate is sent as U+FFFD", () => {
  const { endpoint, events } = recorded();
  endpoint.sendText("a\ud800b");
  expect(events).toEqual([{ sent: `${TEXT}:${hex(payloadOf("a\ufffdb"))}` }]);
});

test("bytes that were sent do not change with the array that they came from", () => {
  const written: Uint8Array[] = [];
  const endpoint = writing((bytes) => void written.push(bytes));
  for (const size of [3, 100_000]) {
    const bytes = new Uint8Array(size).fill(1);
    endpoint.sendBinary(bytes);
    bytes.fill(2);
    expect(written.pop()!.at(-1)).toBe(1);
  }
});

test("the memory of a large frame is used again only once it has left", () => {
  const written: Uint8Array[] = [];
  let left = false;
  const endpoint = writing((bytes) => {
    written.push(bytes);
    return left;
  });
  const message = (byte: number) => new Uint8Array(70_000).fill(byte);
  endpoint.sendBinary(message(1));
  endpoint.sendBinary(message(2));
  expect(written.map((bytes) => bytes.at(-1))).toEqual([1, 2]);
  left = true;
  endpoint.sendBinary(message(3));
  left = false;
  endpoint.sendText("d".repeat(60_000));
  endpoint.sendBinary(message(5));
  expect(written[3]!.buffer).toBe(written[2]!.buffer);
  expect(written[3]!.length).toBe(60_004);
  expect([0, 1, 3, 4].map((index) => written[index]!.at(-1))).toEqual([1, 2, 100, 5]);
});

test("large texts that arrive beside each other, and are sent on, do not mix", () => {
  const texts = ["a", "é", "b", "☕"].map((unit) => unit.repeat(50_000 / unit.length));
  const sizes = [16_384, 20_000, 70_000, 1000];
  const received: string[][] = texts.map(() => []);
  const written: Uint8Array[][] = texts.map(() => []);
  const connections = texts.map((text, index) => {
    const endpoint: Endpoint = new Endpoint({
      write: (bytes) => {
        written[index]!.push(new Uint8Array(bytes));
        return true;
      },
      finish: () => {},
      message(data) {
        received[index]!.push(data as string);
        endpoint.sendText(data as string);
      },
      ping: () => {},
      pong: () => {},
      failed: () => {},
      closed: () => {},
    });
    const [half, rest] = [text.slice(0, 20_000), text.slice(20_000)];
    const wire = joined(
      clientFrame({ opcode: TEXT, payload: text }),
      clientFrame({ opcode: TEXT, payload: half, fin: false }),
      clientFrame({ opcode: CONTINUATION, payload: rest }),
    );
    return { endpoint, wire, size: sizes[index]!, at: 0 };
  });
  for (let left = true; left;) {
    left = false;
    for (const connection of connections) {
      const { endpoint, wire, size, at } = connection;
      endpoint.receive(wire.slice(at, at + size));
      connection.at += size;
      left ||= connection.at < wire.length;
    }
  }
  expect(received).toEqual(texts.map((text) => [text, text]));
  for (const [index, frames] of written.entries()) {
    const sent = serverFrames(joined(...frames));
    expect(sent.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(received[index]!);
  }
});

describe("nothing is sent", () => {
  /** Tries to send everything. */
  function sendAll({ endpoint }: { endpoint: Endpoint }): number[] {
    endpoint.close(1000);
    return [
      endpoint.sendText("a"),
      endpoint.sendBinary(Uint8Array.of(1)),
      endpoint.ping(),
      endpoint.pong(),
    ];
  }

  const closings: Record<string, (given: { endpoint: Endpoint }) => void> = {
    "while closing": ({ endpoint }) => endpoint.close(1000),
    "after the peer's close frame": ({ endpoint }) => endpoint.receive(closeFrame(1000)),
    "after the peer's end": ({ endpoint }) => endpoint.receiveEnd(),
    "after a failure": ({ endpoint }) => endpoint.receive(Uint8Array.of(0xff)),
    "after terminate": ({ endpoint }) => endpoint.terminate(),
  };
  for (const [when, end] of Object.entries(closings)) {
    test(when, () => {
      const connection = recorded();
      end(connection);
      const before = [...connection.events];
      expect(sendAll(connection)).toEqual([0, 0, 0, 0]);
      expect(connection.events).toEqual(before);
    });
  }
});

describe("the connection ends", () => {
  test("with 1006 where the peer's bytes end without a close frame", () => {
    const { endpoint, events } = recorded();
    endpoint.receive(clientFrame({ opcode: TEXT, payload: "cut" }).subarray(0, 5));
    endpoint.receiveEnd();
    endpoint.receiveEnd();
    expect(events).toEqual([{ close: 1006, reason: "", clean: false }]);
  });

  test("with 1006 where the peer does not answer a close frame", () => {
    const { endpoint, events } = recorded();
    endpoint.close(1000);
    endpoint.terminate();
    endpoint.terminate();
    endpoint.receiveEnd();
    expect(events).toEqual([
      sentClose(1000),
      { end: true },
      { close: 1006, reason: "", clean: false },
    ]);
  });

  test("with a close frame where the caller fails it", () => {
    const { endpoint, events } = recorded();
    endpoint.fail(1001, "No answer to a ping");
    endpoint.fail(1002, "once");
    expect(events).toEqual(failed(events, 1001));
    expect(events.at(-1)).toEqual({ close: 1006, reason: "No answer to a ping", clean: false });
  });

  test("without a second close frame where the peer is invalid while closing", () => {
    const { endpoint, events } = recorded();
    endpoint.close(1000);
    endpoint.receive(clientFrame({ opcode: 3 }));
    expect(events.slice(1).map((event) => Object.keys(event)[0])).toEqual([
      "end",
      "error",
      "close",
    ]);
  });
});

test("nothing can be sent from inside the write of a close frame", () => {
  const closings: Record<string, (endpoint: Endpoint) => void> = {
    close: (endpoint) => endpoint.close(1000),
    echo: (endpoint) => endpoint.receive(closeFrame(1000)),
    failure: (endpoint) => endpoint.receive(Uint8Array.of(0xff)),
  };
  for (const end of Object.values(closings)) {
    const opcodes: number[] = [];
    const endpoint: Endpoint = writing((bytes) => {
      opcodes.push(bytes[0]! & 15);
      endpoint.sendText("late");
    });
    end(endpoint);
    expect(opcodes).toEqual([CLOSE]);
  }
});

test("while closing, messages and pings of the peer are read and dropped", () => {
  const { endpoint, events } = recorded();
  endpoint.close(1000);
  endpoint.receive(joined(
    clientFrame({ opcode: TEXT, payload: "late" }),
    clientFrame({ opcode: PING, payload: "late" }),
    clientFrame({ opcode: BINARY, payload: "late" }),
    closeFrame(1000),
  ));
  expect(events).toEqual([
    sentClose(1000),
    { end: true },
    { close: 1000, reason: "", clean: true },
  ]);
});

test("a handler may close or terminate inside a message, and no message follows", () => {
  for (const how of ["close", "terminate"] as const) {
    const texts: unknown[] = [];
    const ends: Event[] = [];
    const ignore = () => {};
    const endpoint = new Endpoint({
      write: ignore,
      finish: ignore,
      message: (data) => {
        texts.push(data);
        endpoint[how]();
      },
      ping: ignore,
      pong: ignore,
      failed: ignore,
      closed: (code, reason, clean) => ends.push({ close: code, reason, clean }),
    });
    endpoint.receive(joined(
      clientFrame({ opcode: TEXT, payload: "first" }),
      clientFrame({ opcode: TEXT, payload: "second" }),
      closeFrame(1000),
    ));
    expect(texts).toEqual(["first"]);
    expect(ends).toEqual([
      how === "close"
        ? { close: 1000, reason: "", clean: true }
        : { close: 1006, reason: "", clean: false },
    ]);
  }
});

test("a message of the limit is taken, one byte more closes with 1009 by its head alone", () => {
  for (const maxPayloadLength of [10, 200, 70_000]) {
    const whole = recorded({ maxPayloadLength });
    whole.endpoint.receive(
      clientFrame({ opcode: BINARY, payload: new Uint8Array(maxPayloadLength) }),
    );
    expect(whole.events).toHaveLength(1);
    const { endpoint, events } = recorded({ maxPayloadLength });
    const frame = clientFrame({ opcode: BINARY, length: maxPayloadLength + 1 });
    endpoint.receive(frame.slice(0, -4));
    expect(events).toEqual(failed(events, 1009));
  }
});

test("a claim of 8 EiB closes with 1009, one with the highest bit set with 1002", () => {
  for (const [first, code] of [[0x7f, 1009], [0x80, 1002]] as const) {
    const { endpoint, events } = recorded();
    endpoint.receive(Uint8Array.of(0x82, 0xff, first, 255, 255, 255, 255, 255, 255, 255));
    expect(events).toEqual(failed(events, code));
  }
});

test("the default limit is 16 MiB", () => {
  const { endpoint, events } = recorded();
  endpoint.receive(clientFrame({ opcode: BINARY, length: 2 ** 24 }));
  expect(events).toEqual([]);
  const other = recorded();
  other.endpoint.receive(clientFrame({ opcode: BINARY, length: 2 ** 24 + 1 }));
  expect(other.events).toEqual(failed(other.events, 1009));
});
