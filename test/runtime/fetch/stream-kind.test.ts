/** The kinds of Bun's streams that are told apart before they are read: a Bun that hides them fails here. */

import { describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import { isOfKind } from "../../../src/runtime/fetch/stream-kind.ts";
import { onBun } from "../../support/runtime.ts";

declare const Bun: { file(path: string): Blob; gc(force: boolean): void };

/** The constructor with what the type checkers do not know of it. */
const Stream = ReadableStream as unknown as {
  new (source: object): ReadableStream;
  from(iterable: AsyncIterable<unknown>): ReadableStream;
};
class Own extends Stream {}

const pull = () => {};
const stream = (source: object, strategy?: object) => new ReadableStream(source, strategy);
async function* generate() {
  await null;
  yield "x";
}

const kinds: Record<string, Record<string, () => ReadableStream | Promise<ReadableStream>>> = {
  direct: {
    "a direct stream": () => stream({ type: "direct", pull }),
    "one with a strategy": () => stream({ type: "direct", pull }, { highWaterMark: 7 }),
    "one with all members": () => stream({ type: "direct", pull, start: pull, cancel: pull }),
    "one of a class": () => new Own({ type: "direct" }),
    "the body of a Response of one": () => new Response(stream({ type: "direct", pull })).body!,
    "one that was looked at": () => {
      const direct = stream({ type: "direct", pull });
      expect(direct.locked).toBe(false);
      return direct;
    },
  },
  native: {
    "the stream of a file": () => Bun.file(import.meta.path).stream(),
    "the stream of a part": () => Bun.file(import.meta.path).slice(1, 9).stream(),
    "the body of a Response of a file": () => new Response(Bun.file(import.meta.path)).body!,
    "the stream of a Blob": () => new Blob(["x"]).stream(),
    "the body of a text": () => new Response("x").body!,
    "what fetch() gets": async () => {
      const server = createServer((_request, response) => response.end("x"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const { body } = await fetch(`http://127.0.0.1:${port}/`);
      server.close();
      return body!;
    },
  },
  usual: {
    "a stream": () => stream({ pull }),
    "one with a strategy": () => stream({ pull }, { highWaterMark: 7 }),
    "one that has begun": async () => {
      const begun = stream({ pull });
      await null;
      await null;
      return begun;
    },
    "one that has a chunk": () =>
      stream({ start: (it: ReadableStreamDefaultController) => it.enqueue("x") }),
    "one that has ended": () =>
      stream({ start: (it: ReadableStreamDefaultController) => it.close() }),
    "one that has failed": () =>
      stream({ start: (it: ReadableStreamDefaultController) => it.error(1) }),
    "one that was locked": () => {
      const released = stream({ pull });
      released.getReader().releaseLock();
      return released;
    },
    "a stream of bytes": () => stream({ type: "bytes", pull }),
    "a half of a stream": () => stream({ pull }).tee()[0],
    "a half of a direct one": () => stream({ type: "direct", pull }).tee()[1],
    "the end of a transformation": () => new TransformStream().readable,
    "a stream of an iterable": () => Stream.from(generate()),
    "the body of a clone": () => new Response(stream({ pull })).clone().body!,
  },
};

describe.if(onBun)("a stream shows its kind", () => {
  for (const [kind, streams] of Object.entries(kinds)) {
    for (const [name, make] of Object.entries(streams)) {
      test(`${name} is ${kind}`, async () => {
        const one = await make();
        for (let times = 0; times < 2; times++) {
          expect(isOfKind("direct", one)).toBe(kind === "direct");
          expect(isOfKind("native", one)).toBe(kind === "native");
          Bun.gc(true);
        }
      });
    }
  }

  test("among many that come and go", async () => {
    const makers = Object.entries(kinds).flatMap(([kind, streams]) =>
      Object.entries(streams).filter(([name]) => !name.startsWith("what"))
        .map(([, make]) => ({ kind, make }))
    );
    let wrong = 0;
    for (let i = 0; i < 20_000; i++) {
      const { kind, make } = makers[i % makers.length]!;
      const made = make();
      const one = made instanceof Promise ? await made : made;
      if (isOfKind("direct", one) !== (kind === "direct")) wrong++;
    }
    expect(wrong).toBe(0);
  });
});
