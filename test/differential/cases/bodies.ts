/** Responses of every kind of body, and what apps do to them before they are sent. */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { directStream } from "../../support/direct-stream.ts";
import type { Lines, Table } from "../case.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const digits = join(import.meta.dirname, "../../run/apps/files/digits.bin");
const note = join(import.meta.dirname, "../../run/apps/files/small.txt");

/** One of what no type allows. */
const of = (body: unknown, init?: ResponseInit) => new Response(body as BodyInit, init);

function stream(...chunks: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

function parts(): FormData {
  const form = new FormData();
  form.set("name", "value");
  return form;
}

async function* generate(): AsyncGenerator<Uint8Array> {
  yield encode("hello ");
  await new Promise((resolve) => setTimeout(resolve, 2));
  yield encode("world");
}

function changed(response: Response, change: (headers: Headers) => void): Response {
  change(response.headers);
  return response;
}

const copy = (response: Response, init: ResponseInit = response) => of(response.body, init);
const gzip = (response: Response) =>
  of(response.body!.pipeThrough(new CompressionStream("gzip")), {
    headers: { "content-encoding": "gzip" },
  });
const html = { headers: { "content-type": "text/html" } };

/** What all runtimes have. */
const common: Lines = {
  "nothing": () => of(undefined),
  "null": () => of(null),
  "a string": () => of("Grüße"),
  "an empty string": () => of(""),
  "half a character": () => of("\ud800"),
  "a long string": () => of("x".repeat(200_000)),
  "a number": () => of(5),
  "zero": () => of(0),
  "false": () => of(false),
  "a bigint": () => of(10n),
  "a symbol": () => of(Symbol("x")),
  "a String": () => of(new String("boxed")),
  "a String that is not ASCII": () => of(new String("é")),
  "an empty list": () => of([]),
  "an object": () => of({ a: 1 }),
  "an object that is a text": () => of({ toString: () => "a text" }),
  "an object that is a text in Unicode": () => of({ toString: () => "é" }),
  "an object without a prototype": () => of(Object.create(null)),
  "an Error": () => of(new Error("a detail")),
  "a Date": () => of(new Date(0)),
  "a URL": () => of(new URL("http://h/x")),
  "a Promise": () => of(Promise.resolve("x")),
  "a function": () => of(() => "x"),
  "a class": () => of(class Empty {}),
  "a generator": () => of([].values()),
  "an asynchronous generator": () => of(generate()),
  "an object that can be iterated": () => of({ [Symbol.asyncIterator]: generate }),
  "bytes": () => of(encode("bytes")),
  "no bytes": () => of(new Uint8Array()),
  "a buffer": () => of(encode("buffer").buffer),
  "a part of a buffer": () => of(new DataView(encode("buffer").buffer, 1, 3)),
  "numbers": () => of(new Uint16Array([65, 66])),
  "many bytes": () => of(new Uint8Array(300_000).fill(65)),
  "bytes of HTML": () => of(encode("<!doctype html><script>alert(1)</script>")),
  "bytes that are no text": () => of(new Uint8Array([0, 200, 255])),
  "a Buffer": () => of(Buffer.from("bytes")),
  "a part of bytes": () => of(encode("bytes").subarray(1, 3)),
  "bytes with headers": () => of(encode("bytes"), { headers: { "x-own": "1" }, status: 201 }),
  "bytes with Headers": () => of(encode("bytes"), { headers: new Headers() }),
  "a clone of bytes": () => of(encode("bytes")).clone(),
  "a clone of bytes that are no text": () => of(new Uint8Array([0, 200, 255])).clone(),
  "a clone of no bytes": () => of(new Uint8Array()).clone(),
  "bytes that were cloned": async () => {
    const response = of(encode("bytes"));
    await response.clone().text();
    return response;
  },
  "bytes of another": async () => of(await of("a text").arrayBuffer()),
  "bytes of another, with its headers": async () => {
    const response = of("a text", html);
    return of(await response.arrayBuffer(), response);
  },
  "a clone of a clone of bytes": () => of(encode("bytes")).clone().clone(),
  "the body of bytes": () => of(of(encode("bytes")).body, { headers: { "x-own": "1" } }),
  "the body of a Blob with a type": () => of(of(new Blob(["a Blob"], { type: "a/b" })).body),
  "the body of a form": () => of(of(new URLSearchParams({ a: "b" })).body),
  "the body of a stream": () => of(of(stream(encode("a stream"))).body),
  "the body of bytes through a stream": () =>
    of(of(encode("bytes")).body!.pipeThrough(new TransformStream())),
  "a Blob": () => of(new Blob(["a Blob"])),
  "a Blob in Unicode": () => of(new Blob(["é"])),
  "a Blob of bytes": () => of(new Blob([new Uint8Array([1, 2, 200])])),
  "a Blob with a type": () => of(new Blob(["a Blob"], { type: "image/png" })),
  "an empty Blob": () => of(new Blob([])),
  "a part of a Blob": () => of(new Blob(["a Blob"]).slice(2, 4)),
  "a Blob that lies": () =>
    of(Object.defineProperty(new Blob(["a Blob"], html as BlobPropertyBag), "size", { value: 2 })),
  "a long Blob": () => of(new Blob(["x".repeat(300_000)])),
  "a File": () => of(new File(["a File"], "name.css", { type: "text/css" })),
  "a form": () => of(new URLSearchParams({ a: "b c" })),
  "an empty form": () => of(new URLSearchParams()),
  "a stream": () => of(stream(encode("a "), encode("stream"))),
  "an empty stream": () => of(stream()),
  "JSON": () => Response.json({ a: "é" }),
  "JSON with a type": () => Response.json({}, { headers: { "content-type": "a/b" } }),
  "JSON with a status": () => Response.json({}, { status: 418 }),
  "JSON of what makes it": () => Response.json({ toJSON: () => "x" }),
  "a redirect": () => Response.redirect("http://h/x"),
  "a string with a type": () => of("<p>", html),
  "bytes with a type": () => of(encode("<p>"), html),
  "a string with headers": () => of("<p>", { headers: { "x-own": "1" } }),
  "a string whose type is set later": () =>
    changed(of("<p>"), (headers) => headers.set("content-type", "text/html")),
  "a string whose type is set if there is none": () =>
    changed(
      of("<p>"),
      (headers) => headers.has("content-type") || headers.set("content-type", "text/html"),
    ),
  "bytes whose type is set later": () =>
    changed(of(encode("<p>")), (headers) => headers.set("content-type", "text/html")),
  "a type that is taken off": () =>
    changed(of("<p>", html), (headers) => headers.delete("content-type")),
  "a type of JSON that is taken off": () =>
    changed(Response.json({}), (headers) => headers.delete("content-type")),
  "a type that goes to another": () => of(encode("<p>"), of("<p>", html)),
  "no type that goes to another": () => of("a string", of(encode("bytes"), { status: 201 })),
  "a clone": () => of("a clone").clone(),
  "a clone of a Blob": () => of(new Blob(["a clone"], { type: "a/b" })).clone(),
  "a clone of JSON": () => Response.json({ a: 1 }).clone(),
  "one that was cloned": async () => {
    const response = of("a string");
    await response.clone().text();
    return response;
  },
  "a copy": () => copy(of("a copy")),
  "a copy of a copy": () => copy(copy(of("a copy"))),
  "a copy with a type": () => copy(of("a copy", html)),
  "a copy of bytes": () => copy(of(encode("a copy"))),
  "a copy of a form": () => copy(of(new URLSearchParams({ a: "b" }))),
  "a copy of a Blob": () => copy(of(new Blob(["a copy"], { type: "a/b" }))),
  "a copy of JSON": () => copy(Response.json({ a: 1 })),
  "a copy without the body": () => of(null, of("x")),
  "another stream beside the headers": async () => {
    const response = of("x");
    await response.text();
    return of(stream(encode("another")), response);
  },
  "a string that is compressed": () => gzip(of("a string")),
  "a form that was looked at": () => {
    const response = of(new URLSearchParams({ a: "b" }));
    return response.body === null ? of("none") : response;
  },
  "a Blob that was looked at": () => {
    const response = of(new Blob(["a Blob"], { type: "a/b" }));
    return response.body === null ? of("none") : response;
  },
  "one of a class": () => new class extends Response {}("of a class"),
  "bytes of a class": () => new class extends Response {}(encode("of a class")),
  "a status": () => of("a status", { status: 500 }),
  "no content": () => of(null, { status: 204 }),
  "a length that is wrong": () => of("a string", { headers: { "content-length": "3" } }),
  "one that was read": async () => {
    const response = of("read");
    await response.text();
    return response;
  },
};

/** Bytes that a Response has copied when it was made, and @hono/node-server has not. */
const copied: Lines = {
  "bytes that change": () => {
    const bytes = encode("bytes");
    const response = of(bytes);
    bytes.fill(33);
    return response;
  },
  "bytes that are gone": () => {
    const bytes = encode("bytes");
    const response = of(bytes);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    return response;
  },
};

/** What Bun takes beside these. */
const ofBun: Lines = {
  "a list": () => of(["a", "b"]),
  "an asynchronous generator function": () => of(generate),
  "a function that can be iterated": () =>
    of(Object.assign(() => {}, { [Symbol.asyncIterator]: generate })),
  "a proxy of a Blob": () => of(new Proxy(new Blob(["x"]), {})),
  "a proxy of a stream": () => of(new Proxy(stream(encode("x")), {})),
  "a proxy of bytes": () => of(new Proxy(encode("x"), {})),
  "a Blob of a class": () => of(new class extends Blob {}(["of a class"])),
  "a form with parts": () => of(parts()),
  "a form with parts that was looked at": () => {
    const response = of(parts());
    return response.body === null ? of("none") : response;
  },
  "a copy of a form with parts": () => copy(of(parts())),
  "a stream of strings": () => of(stream("a ", "stream")),
  "a direct stream": () => of(directStream("direct")),
  "a direct stream that goes on when pull has returned": () =>
    of(
      new ReadableStream({
        type: "direct",
        pull(controller: { write(text: string): void; flush(): void; end(): void }) {
          controller.write("hello ");
          controller.flush();
          setTimeout(() => {
            controller.write("world");
            controller.end();
          }, 20);
        },
      } as unknown as UnderlyingDefaultSource),
    ),
  "a shared buffer": () => of(new SharedArrayBuffer(3)),
  "bytes that lie": () => {
    class Lying extends Uint8Array<ArrayBuffer> {
      override get byteLength() {
        return 100;
      }
      override get length() {
        return 100;
      }
    }
    return of(new Lying(encode("bytes").buffer));
  },
  "bytes that shrink": () => {
    const buffer = new ArrayBuffer(6, { maxByteLength: 9 });
    const response = of(new Uint8Array(buffer).fill(65));
    buffer.resize(2);
    return response;
  },
  "a file": () => of(Bun.file(note)),
  "a file of bytes": () => of(Bun.file(digits, { type: "application/x-digits" }), html),
  "a file that grows between two": async (_, { folder, id }) => {
    const path = join(folder, `${id}.txt`);
    await Bun.write(path, "short");
    const file = Bun.file(path);
    await of(file).text();
    await Bun.write(path, "longer than before");
    return of(file);
  },
  "a file that is not there": () => of(Bun.file("/nothing/here")),
  "a part of a file": () => of(Bun.file(note).slice(1, 5)),
  "the end of a file": () =>
    of(Bun.file(note).slice(4), { headers: { "content-range": "bytes 4-8/9" }, status: 206 }),
  "a part beyond the end of a file": () =>
    of(Bun.file(note).slice(1, 1000), { headers: { "content-range": "x" }, status: 206 }),
  "the body of a file": () => of(of(Bun.file(note)).body),
  "a copy of a file": () => copy(of(Bun.file(note))),
  "a copy of a file of bytes": () => copy(of(Bun.file(digits))),
  "a copy of a Blob of text": () => copy(of(new Blob(["a copy"], { type: "text/plain" }))),
  "the body of a Blob of text": () => of(of(new Blob(["a"], { type: "text/plain" })).body),
  "the body of an empty Blob": () => of(of(new Blob([])).body),
  "the body of no bytes": () => of(of(new Uint8Array()).body),
  "a Response": () => of(new Response("inner")),
  "Headers": () => of(new Headers()),
  "a body and no content": () => of("x", { status: 204 }),
};

const row = "Strings, bytes, streams, JSON, forms, redirects, statuses";

export const bodies: Table[] = [
  { row, cases: common },
  { row, shape: { on: ["bun", "deno"] }, cases: copied },
  { row, shape: { on: ["bun"] }, cases: ofBun },
];
