/** When a response's writes leave, and that its stream waits for its reader. */

import { describe, expect, test } from "bun:test";
import type { ScgiError } from "../../src/errors.ts";
import { recordResponses } from "../../src/runtime/fetch/recording.ts";
import { ResponseWriter } from "../../src/server/response-writer.ts";
import { sendResponse } from "../../src/server/send-response.ts";
import { bytes, text } from "../support/wire.ts";

/** A response to a socket that notes what is written, and takes all of it unless told otherwise. */
class Wire {
  readonly writes: string[] = [];
  readonly warnings: string[] = [];
  takes = true;
  /** The present time in milliseconds. */
  now = 1;
  /** How often the response was said to be whole. */
  ends = 0;
  /** The same, when the peer left. */
  endsAtLeave: number | undefined;
  /** The length of the body after which the peer leaves. */
  leavesAfter = Infinity;
  failure: { error: unknown } | undefined;
  readonly writer: ResponseWriter;
  readonly settled: Promise<void>;
  readonly #method: string;
  readonly #settle: () => void;

  constructor(method = "GET") {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = promise;
    this.#settle = resolve;
    this.#method = method;
    this.writer = new ResponseWriter(
      { traffic: { in: 0, out: 0 }, now: () => this.now },
      { resets: true, unsent: 0, write: (bytes) => this.#write(text(bytes)) },
      { whole: () => void this.ends++ },
    );
  }

  #write(written: string): boolean {
    this.writes.push(written);
    const body = this.writes.join("").split("\r\n\r\n").slice(1).join("\r\n\r\n");
    // As a web server does that has what it wants, and before any promise of ours.
    if (body.length >= this.leavesAfter) {
      queueMicrotask(() => {
        this.endsAtLeave = this.ends;
        this.writer.close(new Error("left"));
      });
    }
    return this.takes;
  }

  /** Begins to send a Response. */
  send(response: Response): void {
    const info = {
      method: this.#method,
      url: "http://h/",
      software: undefined,
      setCookies: undefined,
      warn: ({ code }: ScgiError) => void this.warnings.push(code),
    };
    Promise.resolve(sendResponse(response, this.writer, info))
      .catch((error) => void (this.failure = { error }))
      .then(this.#settle);
  }
}

/** A stream that is fed from outside, and counts who asked and who cancelled. */
class Source {
  pulls = 0;
  readonly cancelled: unknown[] = [];
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  readonly stream = new ReadableStream<Uint8Array>({
    start: (controller) => void (this.#controller = controller),
    pull: () => void this.pulls++,
    cancel: (reason) => void this.cancelled.push(reason),
  }, { highWaterMark: 0 });

  give(chunk: string): void {
    this.#controller.enqueue(new TextEncoder().encode(chunk));
  }

  end(): void {
    this.#controller.close();
  }

  fail(error: unknown): void {
    this.#controller.error(error);
  }
}

const moment = () => new Promise((resolve) => setTimeout(resolve, 10));

describe("head and body leave in one write where the body is", () => {
  const bodies: Record<string, () => Response> = {
    "a string": () => new Response("hello"),
    "bytes": () => new Response(new Uint8Array(100)),
    "JSON": () => Response.json({ a: 1 }),
    "a clone": () => new Response("hello").clone(),
    "a wrapped Response": () => new Response(new Response("hello").body),
    "null": () => new Response(null, { status: 304 }),
    "a stream that is there already": () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (const chunk of ["a", "b", "c"]) {
              controller.enqueue(new TextEncoder().encode(chunk));
            }
            controller.close();
          },
        }),
      ),
  };
  for (const [what, make] of Object.entries(bodies)) {
    test(what, async () => {
      const stop = recordResponses();
      try {
        const wire = new Wire();
        wire.send(make());
        await wire.settled;
        expect([wire.writes.length, wire.ends]).toEqual([1, 1]);
        expect(wire.failure).toBeUndefined();
      } finally {
        stop();
      }
    });
  }
});

describe("a response is whole with its last byte, and its peer may leave at once", () => {
  const large = "x".repeat(300_000);
  const declared = (body: BodyInit, length: number) =>
    new Response(body, { headers: { "content-length": String(length) } });
  const kinds: Record<string, [method: string, length: number, make: (s: Source) => Response]> = {
    "a string": ["GET", 5, () => new Response("hello")],
    "a long string": ["GET", large.length, () => new Response(large)],
    "bytes": ["GET", 200_000, () => new Response(new Uint8Array(200_000))],
    "a Blob": ["GET", large.length, () => new Response(new Blob([large]))],
    "null": ["GET", 0, () => new Response(null)],
    "status 304": ["GET", 0, () => new Response(null, { status: 304 })],
    "a string, for HEAD": ["HEAD", 0, () => new Response("hello")],
    "a Blob, for HEAD": ["HEAD", 0, () => new Response(new Blob(["hello"]))],
    "a stream, for HEAD": ["HEAD", 0, ({ stream }) => new Response(stream)],
    "a stream of declared length, for HEAD": ["HEAD", 0, ({ stream }) => declared(stream, 5)],
    "no byte of a stream": ["GET", 0, ({ stream }) => declared(stream, 0)],
    "a stream": ["GET", 5, (source) => (source.give("hello"), declared(source.stream, 5))],
    "a stream of more": ["GET", 5, (source) => (source.give("hello!"), declared(source.stream, 5))],
    "a stream that has ended": ["GET", 5, (source) => {
      source.give("hello");
      source.end();
      return new Response(source.stream);
    }],
    "a mebibyte of a stream": ["GET", 1_048_576, (source) => {
      for (let chunk = 0; chunk < 16; chunk++) source.give("x".repeat(65536));
      return declared(source.stream, 1_048_576);
    }],
    "a stream that comes later": ["GET", 10, (source) => {
      setTimeout(() => source.give("hello"), 5);
      setTimeout(() => source.give("hello"), 10);
      return declared(source.stream, 10);
    }],
    "more of a stream that comes later": ["GET", 7, (source) => {
      setTimeout(() => source.give("hello"), 5);
      setTimeout(() => source.give("hello"), 10);
      return declared(source.stream, 7);
    }],
  };
  for (const [what, [method, length, make]] of Object.entries(kinds)) {
    test(what, async () => {
      const stop = recordResponses();
      try {
        const [wire, source] = [new Wire(method), new Source()];
        wire.leavesAfter = length;
        const response = make(source);
        const cancels = method === "HEAD" && response.body !== null || what.includes("more");
        wire.send(response);
        await wire.settled;
        await moment();
        expect([wire.endsAtLeave, wire.ends, wire.failure]).toEqual([1, 1, undefined]);
        // A stream that is of no use any more is cancelled, though not because the peer has left.
        const streams = response.body !== null && source.stream.locked;
        expect(source.cancelled.length).toBe(streams && cancels ? 1 : 0);
        expect(source.cancelled.map((reason) => (reason as Error | undefined)?.message))
          .not.toContain("left");
      } finally {
        stop();
      }
    });
  }

  test("also while the socket still holds that byte", async () => {
    const stop = recordResponses();
    try {
      for (const make of [() => new Response(large), () => declared(new Source().stream, 0)]) {
        const wire = new Wire();
        wire.send(make());
        wire.takes = false;
        while (wire.ends === 0) {
          wire.writer.drained();
          await new Promise((resolve) => setImmediate(resolve));
        }
        wire.writer.close(new Error("left"));
        await wire.settled;
        expect([wire.ends, wire.failure]).toEqual([1, undefined]);
      }
    } finally {
      stop();
    }
  });
});

/** A stream whose reader does not take what it gave first. */
async function blocked(): Promise<{ wire: Wire; source: Source }> {
  const [wire, source] = [new Wire(), new Source()];
  wire.send(new Response(source.stream));
  await moment();
  wire.takes = false;
  source.give("first");
  await moment();
  return { wire, source };
}

describe("a stream", () => {
  test("that stays quiet has its head sent before its first chunk", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream, { headers: { a: "b" } }));
    await moment();
    expect(wire.writes).toEqual(["Status: 200 OK\r\na: b\r\nx-accel-buffering: no\r\n\r\n"]);
    source.give("first");
    source.end();
    await wire.settled;
    expect(wire.writes.slice(1)).toEqual(["first"]);
  });

  test("has each chunk sent before the next one is there", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream));
    for (const chunk of ["first", "second", "third"]) {
      source.give(chunk);
      await moment();
      expect(wire.writes.at(-1)!.endsWith(chunk)).toBe(true);
    }
    source.end();
    await wire.settled;
    expect(wire.writes.join("").split("\r\n\r\n")[1]).toBe("firstsecondthird");
  });

  test("has the first chunk of a turn sent at once, and the others together at its end", async () => {
    // Where a turn takes long, as on a busy machine, the chunks are computed, and leave one by one.
    for (let took = Infinity; took > 1;) {
      const [wire, source] = [new Wire(), new Source()];
      wire.send(new Response(source.stream));
      await moment();
      await new Promise((resolve) => setImmediate(resolve));
      const began = Date.now();
      for (const chunk of ["first", "second", "third"]) {
        source.give(chunk);
        for (let turns = 0; turns < 10; turns++) await null;
      }
      const atOnce = wire.writes.slice(1);
      took = Date.now() - began;
      await moment();
      source.end();
      await wire.settled;
      if (took > 1) continue;
      expect(atOnce).toEqual(["first"]);
      expect(wire.writes.slice(1)).toEqual(["first", "secondthird"]);
    }
  });

  const small = "x".repeat(16);
  /** Streams of a thousand small chunks. */
  const thousands: Record<string, () => ReadableStream<Uint8Array>> = {
    "in its queue": () => {
      const source = new Source();
      for (let chunk = 0; chunk < 1000; chunk++) source.give(small);
      source.end();
      return source.stream;
    },
    "by pull": () => {
      let left = 1000;
      return new ReadableStream({
        pull(controller) {
          if (left-- === 0) controller.close();
          else controller.enqueue(bytes(small));
        },
      });
    },
    "by an async pull": () => {
      let left = 1000;
      return new ReadableStream({
        async pull(controller) {
          await null;
          if (left-- === 0) controller.close();
          else controller.enqueue(bytes(small));
        },
      });
    },
  };
  for (const [how, make] of Object.entries(thousands)) {
    test(`of small chunks that are there (${how}) leaves in few writes, each of at most 256`, async () => {
      const wire = new Wire();
      wire.send(new Response(make()));
      await wire.settled;
      // A process that does not run for a moment ends a write.
      expect(wire.writes.length).toBeLessThan(20);
      const [head, ...others] = wire.writes;
      const bodies = [head!.split("\r\n\r\n")[1]!, ...others];
      for (const body of bodies) expect(body.length).toBeLessThanOrEqual(256 * small.length);
      expect(bodies.join("")).toBe(small.repeat(1000));
    });
  }

  test("that goes on with small chunks once its head has left sends them in few writes", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream));
    await moment();
    for (let chunk = 0; chunk < 200; chunk++) source.give(small);
    source.end();
    await wire.settled;
    expect(wire.writes.slice(1).join("")).toBe(small.repeat(200));
    expect(wire.writes.length).toBeLessThan(10);
  });

  test("that goes on with small chunks after some that came alone sends them in few writes", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream));
    await moment();
    for (let chunk = 0; chunk < 10; chunk++) {
      source.give("alone");
      await moment();
    }
    expect(wire.writes.slice(1)).toEqual(new Array(10).fill("alone"));
    for (let chunk = 0; chunk < 200; chunk++) source.give(small);
    source.end();
    await wire.settled;
    expect(wire.writes.slice(11).join("")).toBe(small.repeat(200));
    expect(wire.writes.length).toBeLessThan(20);
  });

  test("of larger chunks that are there leaves in writes of 64 KiB, and larger chunks alone", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream));
    await moment();
    const sizes = [60_000, 6000, 59_000, 7000, 70_000, 1, 200_000];
    for (const size of sizes) source.give("x".repeat(size));
    source.end();
    await wire.settled;
    const lengths = wire.writes.slice(1).map(({ length }) => length);
    expect(lengths.filter((length) => length > 65_536)).toEqual([70_000, 200_000]);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(402_001);
  });

  /** Makes a chunk, for which the process does nothing else. */
  const computed = () => {
    const begun = Date.now();
    while (Date.now() < begun + 4);
    return bytes(small);
  };

  test("that takes its time to make each chunk has each sent when it is made", async () => {
    const wire = new Wire();
    const before: number[] = [];
    wire.send(
      new Response(
        new ReadableStream({
          async pull(controller) {
            before.push(wire.writes.length);
            if (before.length === 1) await moment();
            if (before.length > 6) controller.close();
            else controller.enqueue(computed());
          },
        }, { highWaterMark: 0 }),
      ),
    );
    await wire.settled;
    // The head leaves while the stream waits, and a chunk is read ahead of the one that is written.
    expect(wire.writes.slice(1)).toEqual(Array(6).fill(small));
    expect(before.at(-1)).toBeGreaterThan(3);
  });

  test("that ends too soon fails before its head, however long its first chunks take", async () => {
    const wire = new Wire();
    let left = 3;
    const body = new ReadableStream({
      pull(controller) {
        if (left-- === 0) controller.close();
        else controller.enqueue(computed());
      },
    }, { highWaterMark: 0 });
    wire.send(new Response(body, { headers: { "content-length": "100" } }));
    await wire.settled;
    expect(wire.writes).toEqual([]);
    expect((wire.failure!.error as ScgiError).code).toBe("RESPONSE_LENGTH");
  });

  test("whose first chunk is there has it sent with its head", async () => {
    const [wire, source] = [new Wire(), new Source()];
    source.give("first");
    wire.send(new Response(source.stream));
    await moment();
    expect(wire.writes).toEqual(["Status: 200 OK\r\nx-accel-buffering: no\r\n\r\nfirst"]);
    wire.writer.close(new Error("test is over"));
  });

  test("is not read on while its reader takes nothing", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.takes = false;
    wire.send(new Response(source.stream));
    await moment();
    const before = source.pulls;
    source.give("first");
    await moment();
    source.give("second");
    await moment();
    expect(wire.writer.flushed).toBe(false);
    expect(source.pulls).toBeLessThanOrEqual(before + 1);
    expect(wire.writes.join("")).not.toContain("second");
    wire.takes = true;
    wire.writer.drained();
    source.end();
    await wire.settled;
    expect(wire.writes.join("")).toContain("firstsecond");
  });

  test("that fails does so once its reader has taken what came before", async () => {
    const { wire, source } = await blocked();
    source.fail(new Error("broken"));
    await moment();
    expect(wire.failure).toBeUndefined();
    wire.writer.drained();
    await wire.settled;
    expect((wire.failure!.error as Error).message).toBe("broken");
  });

  test("is quiet from when its reader has taken what came before", async () => {
    const { wire } = await blocked();
    wire.now = 2;
    wire.writer.drained();
    expect(wire.writer.quietSince).toBe(2);
    wire.writer.close(new Error("test is over"));
  });

  test("of a reply that nobody takes is cancelled once, with the reason", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream));
    await moment();
    const reason = new Error("gone");
    wire.writer.close(reason);
    wire.writer.close(new Error("again"));
    await wire.settled;
    expect(source.cancelled).toEqual([reason]);
    expect(wire.writes).toHaveLength(1);
  });

  test("that goes on over its Content-Length is cut there and cancelled", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream, { headers: { "content-length": "3" } }));
    await moment();
    source.give("hello");
    await wire.settled;
    expect(wire.writes.at(-1)).toBe("hel");
    expect(source.cancelled).toHaveLength(1);
    expect(wire.failure).toBeUndefined();
  });

  test("is whole with its last declared byte, whatever it does then", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream, { headers: { "content-length": "3" } }));
    await moment();
    source.give("hel");
    await wire.settled;
    expect(wire.writes.at(-1)).toBe("hel");
    wire.writer.close(new Error("gone"));
    await moment();
    expect(source.cancelled).toHaveLength(0);
    source.give("lo");
    await moment();
    expect(source.cancelled).toHaveLength(1);
    expect(wire.failure).toBeUndefined();
  });

  test("is whole also where it fails after its last declared byte", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream, { headers: { "content-length": "3" } }));
    source.give("hel");
    await wire.settled;
    source.fail(new Error("late"));
    await moment();
    expect(wire.failure).toBeUndefined();
    expect(wire.warnings).toEqual(["RESPONSE_LENGTH"]);
  });

  test("in a reply to HEAD is cancelled, its head sent at once", async () => {
    const [wire, source] = [new Wire("HEAD"), new Source()];
    wire.send(new Response(source.stream));
    await wire.settled;
    await moment();
    expect(wire.writes).toEqual(["Status: 200 OK\r\nx-accel-buffering: no\r\n\r\n"]);
    expect(source.cancelled).toHaveLength(1);
  });

  test("of events ends when the server stops, another one goes on", async () => {
    for (const type of ["text/event-stream", "text/plain"]) {
      const [wire, source] = [new Wire(), new Source()];
      wire.send(new Response(source.stream, { headers: { "content-type": type } }));
      await moment();
      wire.writer.source!.endEvents(new Error("stopping"));
      await moment();
      expect(source.cancelled).toHaveLength(type === "text/plain" ? 0 : 1);
      if (type === "text/plain") source.end();
      await wire.settled;
      expect(wire.failure).toBeUndefined();
    }
  });
});
