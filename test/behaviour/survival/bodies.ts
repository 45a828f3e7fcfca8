/**
 * Bodies that react to their reader's leave in every way that an app could think of. Each gives a
 * first chunk at once, and more for as long as its client is there.
 */

import { EventEmitter, on } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { createGzip } from "node:zlib";

/** What a body is made with. */
export interface Made {
  /** That of the request. */
  signal: AbortSignal;
  /** How many iterables are under way. */
  count: { open: number };
}

const TICK_MS = 5;
const encoder = new TextEncoder();
const tick = (): Uint8Array => encoder.encode("tick\n");
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Ends when it sees that its client has left. */
async function* looking({ signal, count }: Made): AsyncGenerator<Uint8Array> {
  count.open++;
  try {
    while (true) {
      yield tick();
      await pause(TICK_MS);
      if (signal.aborted) return;
    }
  } finally {
    count.open--;
  }
}

/** Throws when it sees that. */
async function* throwing({ signal, count }: Made): AsyncGenerator<Uint8Array> {
  count.open++;
  try {
    while (true) {
      yield tick();
      await pause(TICK_MS);
      signal.throwIfAborted();
    }
  } finally {
    count.open--;
  }
}

/** Ends by itself soon, and has work to do then. */
async function* ending({ count }: Made): AsyncGenerator<Uint8Array> {
  count.open++;
  try {
    yield tick();
    await pause(4 * TICK_MS);
  } finally {
    await pause(TICK_MS);
    count.open--;
  }
}

async function* failing({ count }: Made): AsyncGenerator<Uint8Array> {
  count.open++;
  try {
    yield tick();
    await pause(4 * TICK_MS);
  } finally {
    count.open--;
    // deno-lint-ignore no-unsafe-finally
    throw new Error("The clean-up failed");
  }
}

/** An iterator whose `return` lets the `next` that waits end. */
function events({ count }: Made): AsyncIterable<Uint8Array> {
  const emitter = new EventEmitter();
  const timer = setInterval(() => emitter.emit("tick", tick()), TICK_MS);
  const iterator = on(emitter, "tick");
  count.open++;
  return {
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<Uint8Array>> {
        const { done, value } = await iterator.next();
        return done ? { done: true, value: undefined } : { done: false, value: value[0] };
      },
      return(): Promise<IteratorResult<Uint8Array>> {
        clearInterval(timer);
        count.open--;
        return iterator.return!() as Promise<IteratorResult<Uint8Array>>;
      },
    }),
  };
}

/** An iterator that has nothing but `next`. */
function bare({ signal }: Made): AsyncIterable<Uint8Array> {
  let first = true;
  return {
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<Uint8Array>> {
        if (!first) await pause(TICK_MS);
        first = false;
        return signal.aborted ? { done: true, value: undefined } : { done: false, value: tick() };
      },
    }),
  };
}

/** A stream of node:stream that is written to until its client leaves, and then ended somehow. */
function written(
  { signal }: Made,
  end: (stream: PassThrough) => void,
  stream: PassThrough = new PassThrough(),
): PassThrough {
  stream.write("tick\n");
  const timer = setInterval(() => stream.destroyed || stream.write("tick\n"), TICK_MS);
  const stop = () => {
    clearInterval(timer);
    end(stream);
  };
  stream.on("close", () => clearInterval(timer));
  stream.on("error", () => {});
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop);
  return stream;
}

/** A stream whose source does something after its client has left, or in `cancel`. */
function source(
  { signal }: Made,
  after: (controller: ReadableStreamDefaultController<Uint8Array>) => void,
  cancel: () => void | Promise<void> = () => {},
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      if (signal.aborted) return after(controller);
      controller.enqueue(tick());
      await pause(TICK_MS);
    },
    cancel,
  });
}

function bytes({ signal }: Made, autoAllocateChunkSize?: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    ...autoAllocateChunkSize === undefined ? {} : { autoAllocateChunkSize },
    async pull(controller: ReadableByteStreamController) {
      const { byobRequest } = controller;
      if (byobRequest === null) controller.enqueue(tick() as never);
      else {
        new Uint8Array(byobRequest.view!.buffer as ArrayBuffer)[0] = 10;
        byobRequest.respond(1);
      }
      await pause(TICK_MS);
      if (signal.aborted) controller.close();
    },
  } as UnderlyingByteSource) as ReadableStream<Uint8Array>;
}

const web = (stream: Readable) => Readable.toWeb(stream) as unknown as ReadableStream<Uint8Array>;
const from = (iterable: AsyncIterable<Uint8Array>) =>
  (ReadableStream as unknown as { from(it: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> })
    .from(iterable);
const body = (iterable: unknown) => new Response(iterable as BodyInit).body!;
function oneOf(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const [one, other] = stream.tee();
  other.cancel().catch(() => {});
  return one;
}
const gzipped = (stream: ReadableStream<Uint8Array>) =>
  stream.pipeThrough(new CompressionStream("gzip") as never) as ReadableStream<Uint8Array>;

/** All of them. */
export const bodies: Readonly<Record<string, (made: Made) => unknown>> = {
  "generator that looks at the signal": looking,
  "generator that throws the signal's reason": throwing,
  "generator that ends": ending,
  "generator whose clean-up fails": failing,
  "iterator that its return ends": events,
  "iterator without a return": bare,
  "generator as a stream": (made) => from(looking(made)),
  "ending generator as a stream": (made) => from(ending(made)),
  "iterator without a return as a stream": (made) => from(bare(made)),
  "body of another Response": (made) => body(looking(made)),
  "body of another Response, gzipped": (made) => gzipped(body(looking(made))),
  "body of another Response, one of two": (made) => oneOf(body(looking(made))),
  "body of a clone": (made) => {
    const response = new Response(looking(made) as never);
    const clone = response.clone();
    response.body!.cancel().catch(() => {});
    return clone.body;
  },
  "gzipped generator": (made) => gzipped(from(looking(made))),
  "transformed generator": (made) => from(looking(made)).pipeThrough(new TransformStream()),
  "one of two streams": (made) => oneOf(from(looking(made))),
  "Readable of a generator": (made) => Readable.from(looking(made)),
  "Readable of a generator, for the web": (made) => web(Readable.from(looking(made))),
  "Readable of a generator that ends": (made) => Readable.from(ending(made)),
  "Readable of a generator that ends, for the web": (made) => web(Readable.from(ending(made))),
  "PassThrough that is ended": (made) => written(made, (stream) => stream.end()),
  "PassThrough that is ended, for the web": (made) => web(written(made, (stream) => stream.end())),
  "PassThrough that is destroyed": (made) => written(made, (stream) => stream.destroy()),
  "PassThrough that is destroyed, for the web": (made) =>
    web(written(made, (stream) => stream.destroy())),
  "PassThrough that fails": (made) => written(made, (stream) => stream.destroy(new Error("gone"))),
  "PassThrough that fails, for the web": (made) =>
    web(written(made, (stream) => stream.destroy(new Error("gone")))),
  "PassThrough that holds much, for the web": (made) => {
    const stream = new PassThrough({ highWaterMark: 4 });
    for (let turn = 0; turn < 50; turn++) stream.write("tick\n");
    return web(written(made, (each) => each.end(), stream));
  },
  "PassThrough for the web, transformed": (made) =>
    web(written(made, (stream) => stream.end())).pipeThrough(new TransformStream()),
  "zlib's stream": (made) => {
    const gzip = createGzip();
    const timer = setInterval(() => gzip.flush(), TICK_MS);
    gzip.on("close", () => clearInterval(timer)).on("error", () => {});
    return web(written(made, (stream) => stream.end()).pipe(gzip) as unknown as Readable);
  },
  "stream whose cancel throws": (made) =>
    source(made, () => {}, () => {
      throw new Error("cancel failed");
    }),
  "stream whose cancel rejects": (made) =>
    source(made, () => {}, () => Promise.reject(new Error("cancel failed"))),
  "stream whose cancel never ends": (made) => source(made, () => {}, () => new Promise(() => {})),
  "stream that enqueues late": (made) => source(made, (controller) => controller.enqueue(tick())),
  "stream that closes late": (made) => source(made, (controller) => controller.close()),
  "stream that errs late": (made) => source(made, (controller) => controller.error(new Error("x"))),
  "stream whose pull throws late": (made) =>
    source(made, () => {
      throw new Error("pull failed");
    }),
  "stream of bytes": (made) => bytes(made),
  "stream of bytes with buffers": (made) => bytes(made, 64),
  "stream of what are no bytes": () =>
    new ReadableStream({
      async pull(controller) {
        controller.enqueue(tick());
        await pause(TICK_MS);
        controller.enqueue(Symbol("no bytes"));
      },
    }),
};
