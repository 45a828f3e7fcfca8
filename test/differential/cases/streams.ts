/** Streams: when their chunks arrive, and how they end. */

import { createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { type At, CaseError } from "../at.ts";
import type { Lines, Table } from "../case.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const pause = (ms = 2) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const from = (list: unknown): ReadableStream =>
  (ReadableStream as unknown as { from(list: unknown): ReadableStream }).from(list);
// What no type allows.
const of = (body: unknown, init?: ResponseInit) => new Response(body as BodyInit, init);
const text = { headers: { "content-type": "text/plain" } };
const length = (bytes: number) => ({ headers: { "content-length": String(bytes) } });
const unbuffered = { headers: { "x-accel-buffering": "no" } };
const events = { headers: { "content-type": "text/event-stream" } };

/** Chunks, each after the sender has told to go on but the first. */
function stepwise(at: At, ...chunks: unknown[]): ReadableStream {
  const left = chunks.values();
  let first = true;
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = left.next();
      if (!first) await at.go();
      first = false;
      if (done) controller.close();
      else controller.enqueue(typeof value === "string" ? encode(value) : value);
    },
    cancel: (reason) => at.saw("cancel", reason),
  });
}

/** The same chunks, with the end right after the last of them. */
function ending(at: At): ReadableStream {
  return made(async (controller) => {
    for (const chunk of ["one ", "two ", "three "]) {
      if (chunk !== "one ") await at.go();
      controller.enqueue(encode(chunk));
    }
    controller.close();
  });
}

/** One chunk, once the sender has told to go on. */
function late(at: At, chunk: string): ReadableStream {
  return made(async (controller) => {
    await at.go();
    controller.enqueue(encode(chunk));
    controller.close();
  });
}

/** A stream that is written to by hand. */
function made(
  start: (controller: ReadableStreamDefaultController) => unknown,
  at?: At,
): ReadableStream {
  return new ReadableStream({
    start(controller) {
      void start(controller);
    },
    cancel: (reason) => at?.saw("cancel", reason),
  });
}

/** Chunks, then a failure, each after the sender has told to go on but the first. */
function failing(at: At, ...chunks: string[]): ReadableStream {
  const left = chunks.values();
  let first = true;
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = left.next();
      if (!first) await at.go();
      first = false;
      if (done) controller.error(new CaseError(at));
      else controller.enqueue(encode(value));
    },
    cancel: (reason) => at.saw("cancel", reason),
  });
}

// deno-lint-ignore require-yield
async function* throwing(): AsyncGenerator<Uint8Array> {
  await pause(0);
  throw new Error("a detail");
}

async function* generate(at: At, ...chunks: string[]): AsyncGenerator<Uint8Array> {
  try {
    for (const chunk of chunks) {
      yield encode(chunk);
      await at.go();
    }
    at.saw("generator ends");
  } finally {
    at.saw("generator is left");
  }
}

const inSteps: Lines = {
  "a stream whose chunks are waited for": (_, at) => of(stepwise(at, "one ", "two ", "three ")),
  "a text stream whose chunks are waited for": (_, at) =>
    of(stepwise(at, "one ", "two ", "three "), text),
  "an event stream": (_, at) =>
    of(stepwise(at, "data: one \n\n", "data: two \n\n", "three "), events),
  "an unbuffered stream": (_, at) => of(stepwise(at, "one ", "two ", "three "), unbuffered),
  "a JSON lines stream": (_, at) =>
    of(stepwise(at, '{"a":"one "}\n', '{"a":"two "}\n', "three "), {
      headers: { "content-type": "application/jsonl" },
    }),
  "an asynchronous generator in steps": (_, at) => of(generate(at, "one ", "two ", "three ")),
  "a transform stream in steps": (_, at) => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    void (async () => {
      for (const chunk of ["one ", "two ", "three "]) {
        await writer.write(encode(chunk));
        await at.go();
      }
      await writer.close();
      at.saw("written");
    })();
    return of(readable);
  },
  "an encoder stream in steps": (_, at) => {
    const { readable, writable } = new TextEncoderStream();
    const writer = writable.getWriter();
    void (async () => {
      for (const chunk of ["one ", "two ", "three "]) {
        await writer.write(chunk);
        await at.go();
      }
      await writer.close();
    })();
    return of(readable);
  },
  "a stream of Node made one of the web, in steps": (_, at) => {
    const through = new PassThrough();
    void (async () => {
      for (const chunk of ["one ", "two ", "three "]) {
        through.write(chunk);
        await at.go();
      }
      through.end();
    })();
    return of(Readable.toWeb(through));
  },
  "a tee in steps": (_, at) => {
    const [one, other] = stepwise(at, "one ", "two ", "three ").tee();
    void at.settles("other half", of(other).text());
    return of(one);
  },
  "a clone in steps": (_, at) => {
    const response = of(stepwise(at, "one ", "two ", "three "));
    void at.settles("clone", response.clone().text());
    return response;
  },
};

/** nginx collects what has a length. */
const knownInSteps: Lines = {
  "a stream of a known length in steps": (_, at) => of(ending(at), length(14)),
  "a stream that stays open after its declared length": (_, at) =>
    of(stepwise(at, "one ", "two ", "three "), length(14)),
};

/** A stream whose head has to come before its first chunk. */
const heads: Lines = {
  "a head before any chunk": [
    { steps: ["x-head"] },
    (_, at) => of(late(at, "late"), { headers: { "x-head": "1", "x-accel-buffering": "no" } }),
  ],
  "a head of an event stream before any event": [
    { steps: ["x-head"] },
    (_, at) =>
      of(late(at, "data: late\n\n"), {
        headers: { "x-head": "1", "content-type": "text/event-stream" },
      }),
  ],
};

const whole: Lines = {
  "chunks at once": () =>
    of(made((controller) => {
      for (const chunk of ["a", "b", "c"]) controller.enqueue(encode(chunk));
      controller.close();
    })),
  "chunks in turns of the loop": () =>
    of(made(async (controller) => {
      for (const chunk of ["a", "b", "c"]) {
        controller.enqueue(encode(chunk));
        await pause();
      }
      controller.close();
    })),
  "empty chunks": () =>
    of(made((controller) => {
      for (const chunk of ["", "a", "", "b", ""]) controller.enqueue(encode(chunk));
      controller.close();
    })),
  "empty chunks, later": () =>
    of(made(async (controller) => {
      for (const chunk of ["", "a", "", "b", ""]) {
        await pause();
        controller.enqueue(encode(chunk));
      }
      controller.close();
    })),
  "a stream that ends later, empty": () =>
    of(made(async (controller) => {
      await pause();
      controller.close();
    })),
  "many small chunks": () =>
    of(made((controller) => {
      for (let i = 0; i < 5000; i++) controller.enqueue(encode(`${i} `));
      controller.close();
    })),
  "large chunks": () => {
    let left = 10;
    return of(
      new ReadableStream({
        pull(controller) {
          if (left-- > 0) controller.enqueue(new Uint8Array(100_000).fill(65 + left));
          else controller.close();
        },
      }),
    );
  },
  "large chunks of a known length": () => {
    let left = 10;
    return of(
      new ReadableStream({
        async pull(controller) {
          await pause(1);
          if (left-- > 0) controller.enqueue(new Uint8Array(100_000).fill(65 + left));
          else controller.close();
        },
      }),
      length(1_000_000),
    );
  },
  "a byte stream": () =>
    of(
      new ReadableStream({
        type: "bytes",
        start(controller) {
          controller.enqueue(encode("a byte stream"));
          controller.close();
        },
      }),
    ),
  "a byte stream that fills views": () => {
    let left = 3;
    return of(
      new ReadableStream({
        type: "bytes",
        autoAllocateChunkSize: 16,
        pull(controller) {
          const { view } = controller.byobRequest ?? {};
          if (left-- === 0) {
            controller.close();
            return controller.byobRequest?.respond(0);
          }
          if (!view) return controller.enqueue(encode("queued"));
          new Uint8Array(view.buffer, view.byteOffset, 5).set(encode("view "));
          controller.byobRequest!.respond(5);
        },
      }),
    );
  },
  "a stream that is compressed": () =>
    of(new Blob(["a text ".repeat(100)]).stream().pipeThrough(new CompressionStream("gzip")), {
      headers: { "content-encoding": "gzip" },
    }),
  "a stream that is compressed and decompressed": () =>
    of(
      new Blob(["a text ".repeat(100)]).stream()
        .pipeThrough(new CompressionStream("deflate"))
        .pipeThrough(new DecompressionStream("deflate")),
    ),
  "the stream of a Blob": () => of(new Blob(["the stream ", "of a Blob"]).stream()),
  "the stream of a Response": () => of(new Response("the stream of a Response").body),
  "a stream made from a list": () => of(from([encode("a "), encode("list")])),
  "a stream made from a generator": (_, at) => {
    const generator = async function* () {
      yield encode("a ");
      await pause();
      yield encode("generator");
      at.saw("ends");
    };
    return of(from(generator()));
  },
  "a stream of Node of a list": () => of(Readable.toWeb(Readable.from(["a ", "list"].map(encode)))),
  "a file read by node:fs": (_, { folder, id }) => {
    const path = join(folder, `${id}.read`);
    writeFileSync(path, "a file ".repeat(40_000));
    return of(Readable.toWeb(createReadStream(path)));
  },
  "a file read by node:fs, of a known length": (_, { folder, id }) => {
    const path = join(folder, `${id}.read-known`);
    writeFileSync(path, "a file ".repeat(40_000));
    return of(Readable.toWeb(createReadStream(path)), length(280_000));
  },
  "a file read by node:fs that is not there": () =>
    of(Readable.toWeb(createReadStream("/nothing/here"))),
  "half of a tee": () => of(new Blob(["a tee"]).stream().tee()[0]),
  "both halves of a tee, one after the other": async () => {
    const [one, other] = new Blob(["a tee"]).stream().tee();
    return of(await of(one).text() + await of(other).text());
  },
  "a stream through two": () =>
    of(
      new Blob(["through"]).stream().pipeThrough(new TransformStream()).pipeThrough(
        new TransformStream({ transform: (chunk, to) => to.enqueue(chunk) }),
      ),
    ),
  "a stream through the codecs of text": () =>
    of(
      new Blob(["Grüße"]).stream()
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new TextEncoderStream()),
    ),
  "a download of a megabyte": [
    { times: 8 },
    (request, at) => {
      at.watch(request);
      const path = join(at.folder, `${at.id}.download`);
      writeFileSync(path, "d".repeat(1_000_000));
      return of(Readable.toWeb(createReadStream(path)), length(1_000_000));
    },
  ],
  "a download of unknown length": [
    { times: 4 },
    (request, at) => {
      at.watch(request);
      const path = join(at.folder, `${at.id}.unknown`);
      writeFileSync(path, "d".repeat(500_000));
      return of(Readable.toWeb(createReadStream(path)));
    },
  ],
  "a long stream": () => {
    let left = 60;
    return of(
      new ReadableStream({
        async pull(controller) {
          await pause(1);
          if (left-- > 0) controller.enqueue(new Uint8Array(50_000).fill(66));
          else controller.close();
        },
      }),
    );
  },
};

/** Chunks that are no bytes. */
const odd: Lines = {
  "a stream of numbers": () => of(made((to) => (to.enqueue(5), to.close()))),
  "a stream of null": () => of(made((to) => (to.enqueue(null), to.close()))),
  "a stream of objects": () => of(made((to) => (to.enqueue({ a: 1 }), to.close()))),
  "a stream of buffers": () => of(made((to) => (to.enqueue(encode("buffer").buffer), to.close()))),
  "a stream of 16-bit numbers": () =>
    of(made((to) => (to.enqueue(new Uint16Array([0x4141, 0x4242])), to.close()))),
  "a stream of views": () =>
    of(made((to) => (to.enqueue(new DataView(encode("a view").buffer, 2)), to.close()))),
  "a stream of a string, later": () =>
    of(made(async (to) => (await pause(), to.enqueue("a string, späte"), to.close()))),
  "a stream of bytes and then a number": [
    { steps: ["bytes "] },
    (_, at) =>
      of(
        made(async (
          to,
        ) => (to.enqueue(encode("bytes ")), await at.go(), to.enqueue(5), to.close())),
        unbuffered,
      ),
  ],
  "a locked stream": () => {
    const stream = new Blob(["locked"]).stream();
    stream.getReader();
    return of(stream);
  },
  "a Response whose stream is locked later": () => {
    const response = of(made((to) => (to.enqueue(encode("x")), to.close())));
    response.body!.getReader();
    return response;
  },
  "a Response whose stream was cancelled": async () => {
    const response = of(made((to) => (to.enqueue(encode("x")), to.close())));
    await response.body!.cancel();
    return response;
  },
  "a Response that was partly read": async () => {
    const response = of(
      made((to) => (to.enqueue(encode("one ")), to.enqueue(encode("two")), to.close())),
    );
    const reader = response.body!.getReader();
    await reader.read();
    reader.releaseLock();
    return response;
  },
};

/** Streams that fail. */
const failures: Lines = {
  "a stream that fails at once": () => of(made((to) => to.error(new Error("a detail")))),
  "a stream that fails in its start": () =>
    of(
      new ReadableStream({
        start() {
          throw new Error("a detail");
        },
      }),
    ),
  "a stream whose start rejects": () =>
    of(
      new ReadableStream({
        async start() {
          await pause();
          throw new Error("a detail");
        },
      }),
    ),
  "a stream whose pull throws": () =>
    of(
      new ReadableStream({
        pull() {
          throw new Error("a detail");
        },
      }),
    ),
  "a stream that fails before its first chunk": () =>
    of(made(async (to) => (await pause(5), to.error(new Error("a detail"))))),
  "a stream that fails after a chunk, at once": () =>
    of(made((to) => (to.enqueue(encode("one ")), to.error(new Error("a detail"))))),
  "a stream that fails after chunks": [
    { steps: ["one ", "two "] },
    (_, at) => of(failing(at, "one ", "two "), unbuffered),
  ],
  "a buffered stream that fails": [
    { steps: ["one ", "two "] },
    (_, at) => of(failing(at, "one ", "two ")),
  ],
  "a stream of a known length that fails": [
    { steps: ["one ", "two "] },
    (_, at) =>
      of(failing(at, "one ", "two "), {
        headers: { "content-length": "100", "x-accel-buffering": "no" },
      }),
  ],
  "a generator that throws at once": () => of(throwing()),
  "a generator that throws later": [
    { steps: ["one "] },
    (_, at) =>
      of(
        async function* () {
          yield encode("one ");
          await at.go();
          throw new CaseError(at);
        }(),
        unbuffered,
      ),
  ],
  "a writer that aborts": [
    { steps: ["one "] },
    (_, at) => {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      void (async () => {
        await writer.write(encode("one "));
        await at.go();
        await at.settles("abort", writer.abort(new Error("a detail")));
      })();
      return of(readable, unbuffered);
    },
  ],
  "a stream of Node that is destroyed": [
    { steps: ["one "] },
    (_, at) => {
      const through = new PassThrough();
      void (async () => {
        through.write("one ");
        await at.go();
        through.destroy(new Error("a detail"));
      })();
      return of(Readable.toWeb(through), unbuffered);
    },
  ],
  "a HEAD of a declared length": [{ method: "HEAD" }, () => of(null, length(10))],
};

/** Streams that are not of the length that is declared; @hono/node-server sends them as they are. */
const falseLengths: Lines = {
  "a short stream of a declared length": () =>
    of(made((to) => (to.enqueue(encode("short")), to.close())), length(10)),
  "a stream that is short later": () =>
    of(made(async (to) => (to.enqueue(encode("short")), await pause(5), to.close())), length(10)),
  "a stream that is empty where a length is declared": () =>
    of(made((to) => to.close()), length(10)),
  "a stream over its declared length": () =>
    of(made((to) => (to.enqueue(encode("over its length")), to.close())), length(4)),
  "a stream that goes over its declared length later": () =>
    of(
      made(async (to) => {
        to.enqueue(encode("over"));
        await pause(5);
        try {
          to.enqueue(encode(" its length"));
          to.close();
        } catch {
          // It was cancelled at its length.
        }
      }),
      length(4),
    ),
  "a generator over its declared length": () =>
    of(
      async function* () {
        yield encode("over");
        await pause();
        yield encode(" its length");
      }(),
      length(4),
    ),
  "a null body where a length is declared": () => of(null, length(10)),
};

/** What Bun takes as a body. */
const ofBun: Lines = {
  "a direct stream that waits": () =>
    of(
      new ReadableStream({
        type: "direct",
        async pull(controller: { write(text: string): void; close(): void }) {
          controller.write("hello ");
          await pause(20);
          controller.write("world");
          controller.close();
        },
      } as unknown as UnderlyingDefaultSource),
    ),
  "a direct stream that goes on after its pull": () =>
    of(
      new ReadableStream({
        type: "direct",
        pull(controller: { write(text: string): void; close(): void }) {
          controller.write("hello ");
          setTimeout(() => {
            controller.write("world");
            controller.close();
          }, 20);
          return new Promise((resolve) => setTimeout(resolve, 30));
        },
      } as unknown as UnderlyingDefaultSource),
    ),
  "a direct stream that is not awaited": () =>
    of(
      new ReadableStream({
        type: "direct",
        pull(controller: { write(text: string): void; end(): void }) {
          controller.write("hello ");
          setTimeout(() => {
            controller.write("world");
            controller.end();
          }, 20);
        },
      } as unknown as UnderlyingDefaultSource),
    ),
  "a direct stream of bytes and texts": () =>
    of(
      new ReadableStream({
        type: "direct",
        pull(controller: { write(chunk: string | Uint8Array): void; close(): void }) {
          controller.write("texts ");
          controller.write(encode("and bytes"));
          controller.close();
        },
      } as unknown as UnderlyingDefaultSource),
    ),
  "an empty direct stream": () =>
    of(
      new ReadableStream({
        type: "direct",
        pull: (controller: { close(): void }) => controller.close(),
      } as unknown as UnderlyingDefaultSource),
    ),
  "a direct stream that flushes": [
    { steps: ["one ", "two "] },
    (_, at) =>
      of(
        new ReadableStream({
          type: "direct",
          async pull(
            controller: { write(text: string): void; flush(): void; end(): void },
          ) {
            for (const chunk of ["one ", "two "]) {
              controller.write(chunk);
              controller.flush();
              await at.go();
            }
            controller.end();
          },
        } as unknown as UnderlyingDefaultSource),
        unbuffered,
      ),
  ],
  "a direct stream that throws": () =>
    of(
      new ReadableStream({
        type: "direct",
        pull() {
          throw new Error("a detail");
        },
      } as unknown as UnderlyingDefaultSource),
    ),
  "a direct stream that throws later": [
    { steps: ["one "] },
    (_, at) =>
      of(
        new ReadableStream({
          type: "direct",
          async pull(controller: { write(text: string): void; flush(): void }) {
            controller.write("one ");
            controller.flush();
            await at.go();
            throw new CaseError(at);
          },
        } as unknown as UnderlyingDefaultSource),
        unbuffered,
      ),
  ],
  "a generator of strings": () =>
    of(async function* () {
      yield "one ";
      await pause();
      yield "zwölf";
    }()),
  "a generator method of an object": () =>
    of({
      async *[Symbol.asyncIterator]() {
        yield "own ";
        await pause();
        yield "iterator";
      },
    }),
  "a stream of Node itself": () => of(Readable.from(["a ", "list"])),
  "a child process's output": () => of(Bun.spawn(["echo", "hello"]).stdout, text),
};

const ofDeno: Lines = {
  "a file's stream": async (_, { folder, id }) => {
    const path = join(folder, `${id}.deno`);
    writeFileSync(path, "a file ".repeat(40_000));
    // deno-lint-ignore no-explicit-any
    const file = await (globalThis as any).Deno.open(path);
    return of(file.readable);
  },
  "a file's stream of a known length": async (_, { folder, id }) => {
    const path = join(folder, `${id}.deno-known`);
    writeFileSync(path, "a file ".repeat(40_000));
    // deno-lint-ignore no-explicit-any
    const file = await (globalThis as any).Deno.open(path);
    return of(file.readable, length(280_000));
  },
};

const streamed = { streamed: true } as const;
const OF_FAILURES = "Streams that fail, or are not of their length";
const row = "Streamed uploads and responses";

export const streams: readonly Table[] = [
  { row, shape: { ...streamed, steps: ["one ", "two ", "three "] }, cases: inSteps },
  {
    row,
    shape: { ...streamed, via: "straight", steps: ["one ", "two ", "three "] },
    cases: knownInSteps,
  },
  { row, shape: streamed, cases: { ...heads, ...whole } },
  { row: OF_FAILURES, shape: streamed, cases: { ...odd, ...failures } },
  { row: OF_FAILURES, shape: { ...streamed, on: ["bun", "deno"] }, cases: falseLengths },
  { row, shape: { ...streamed, on: ["bun"] }, cases: ofBun },
  { row, shape: { ...streamed, on: ["deno"] }, cases: ofDeno },
];
