/** When a response's writes leave, and that its stream waits for its reader. */

import { describe, expect, test } from "bun:test";
import type { ScgiError } from "../../src/errors.ts";
import { recordResponses } from "../../src/runtime/fetch/recording.ts";
import { ResponseWriter } from "../../src/server/response-writer.ts";
import { sendResponse } from "../../src/server/send-response.ts";
import { text } from "../support/wire.ts";

/** A response to a socket that notes what is written, and takes all of it unless told otherwise. */
class Wire {
  readonly writes: string[] = [];
  readonly warnings: string[] = [];
  takes = true;
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
      { traffic: { in: 0, out: 0 }, now: () => 1 },
      { resets: true, unsent: 0, write: (bytes) => (this.writes.push(text(bytes)), this.takes) },
    );
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
        expect(wire.writes).toHaveLength(1);
        expect(wire.failure).toBeUndefined();
      } finally {
        stop();
      }
    });
  }
});

describe("a stream", () => {
  test("that stays quiet has its head sent before its first chunk", async () => {
    const [wire, source] = [new Wire(), new Source()];
    wire.send(new Response(source.stream, { headers: { a: "b" } }));
    await moment();
    expect(wire.writes).toEqual(["Status: 200 OK\r\na: b\r\n\r\n"]);
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

  test("whose first chunk is there has it sent with its head", async () => {
    const [wire, source] = [new Wire(), new Source()];
    source.give("first");
    wire.send(new Response(source.stream));
    await moment();
    expect(wire.writes).toEqual(["Status: 200 OK\r\n\r\nfirst"]);
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
    expect(wire.writes).toEqual(["Status: 200 OK\r\n\r\n"]);
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
