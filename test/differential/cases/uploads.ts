/** Bodies of requests, and all ways to read them. */

import { nameOf } from "../at.ts";
import type { Handler, Lines, Shape, Table } from "../case.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const pause = (ms = 2) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const json = (value: unknown) => Response.json(value);

/** What came of something, told as JSON. */
async function outcome(promise: Promise<unknown>): Promise<object> {
  try {
    return { value: await told(await promise) };
  } catch (error) {
    return { error: nameOf(error) };
  }
}

/** A value that was read, as JSON can tell it. */
async function told(value: unknown): Promise<unknown> {
  if (value instanceof ArrayBuffer) return { buffer: [...new Uint8Array(value)].slice(0, 40) };
  if (value instanceof Uint8Array) return { bytes: [...value].slice(0, 40), of: value.length };
  if (value instanceof File) {
    return { file: value.name, type: value.type, text: (await value.text()).slice(0, 40) };
  }
  if (value instanceof Blob) return { type: value.type, size: value.size };
  if (value instanceof FormData) {
    const entries = [...value].map(async ([name, value]) => [name, await told(value)]);
    return { form: await Promise.all(entries) };
  }
  if (typeof value === "string" && value.length > 100) return { length: value.length };
  return value ?? null;
}

type Reader = "text" | "json" | "arrayBuffer" | "bytes" | "blob" | "formData";
const readers: readonly Reader[] = ["text", "json", "arrayBuffer", "bytes", "blob", "formData"];

const boundary = "----boundary";
const parts = [
  `--${boundary}`,
  'Content-Disposition: form-data; name="name"',
  "",
  "a value",
  `--${boundary}`,
  'Content-Disposition: form-data; name="file"; filename="a.txt"',
  "Content-Type: text/plain",
  "",
  "of a file",
  `--${boundary}`,
  'Content-Disposition: form-data; name="file"; filename="b.bin"',
  "",
  "\u00ff\u00fe",
  `--${boundary}--`,
  "",
].join("\r\n");

/** What is sent. */
const sent: Record<string, Shape> = {
  "a text": { body: "a text, späte", headers: ["Content-Type: text/plain"] },
  "an empty text": { body: "", headers: ["Content-Type: text/plain"] },
  "nothing by POST": { method: "POST" },
  "JSON": { body: '{"a":[1,"é"]}', headers: ["Content-Type: application/json"] },
  "JSON with a mark of order": {
    body: '\ufeff{"a":1}',
    headers: ["Content-Type: application/json"],
  },
  "broken JSON": { body: '{"a":', headers: ["Content-Type: application/json"] },
  "a form": {
    body: "a=1&b=%C3%A9&a=2+3",
    headers: ["Content-Type: application/x-www-form-urlencoded"],
  },
  "a form with a charset": {
    body: "a=1",
    headers: ["Content-Type: application/x-www-form-urlencoded; charset=UTF-8"],
  },
  "a form with files": {
    body: parts,
    headers: [`Content-Type: multipart/form-data; boundary=${boundary}`],
  },
  "a broken form with files": {
    body: parts.slice(0, 60),
    headers: [`Content-Type: multipart/form-data; boundary=${boundary}`],
  },
  "a form without a boundary": { body: parts, headers: ["Content-Type: multipart/form-data"] },
  "bytes": {
    body: new Uint8Array([0, 1, 2, 253, 254, 255]),
    headers: ["Content-Type: application/octet-stream"],
  },
  "bytes without a type": { body: new Uint8Array([0, 255]) },
  "a text of a type in capitals": {
    body: "x",
    headers: ["Content-Type: Text/PLAIN; Charset=UTF-8"],
  },
  "a text in chunks": { body: "in chunks", chunked: true, headers: ["Content-Type: text/plain"] },
  // Bun tells it from no body at all, which SCGI cannot.
  "an empty text in chunks": { body: "", chunked: true, on: ["deno", "node"] },
  "a megabyte": { body: "m".repeat(1_000_000), headers: ["Content-Type: text/plain"] },
  "a text by PUT": { method: "PUT", body: "put" },
  "a text by PATCH": { method: "PATCH", body: "patched" },
  "a text by DELETE": { method: "DELETE", body: "deleted" },
  "a text by OPTIONS": { method: "OPTIONS", body: "options" },
};

const straight = { via: "straight" } as const;
const reads: Lines = {};
for (const [what, shape] of Object.entries(sent)) {
  for (const reader of readers) {
    reads[`${what}, by ${reader}()`] = [
      shape,
      async (request) => {
        const came = await outcome(request[reader]());
        // Runtimes disagree on the class of what a broken form is refused with.
        const told = reader === "formData" && "error" in came ? "refused" : came;
        return json([told, request.bodyUsed]);
      },
    ];
  }
  reads[`${what}, as a stream`] = [shape, async ({ body }) => {
    if (body === null) return json("no body");
    let length = 0;
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) length += chunk.length;
    return json({ length });
  }];
  reads[`${what}, and what is told of it`] = [
    shape,
    ({ body, bodyUsed, headers, method }) =>
      json({
        body: body === null ? null : nameOf(body),
        bodyUsed,
        method,
        length: /in chunks$|^nothing/.test(what) ? null : headers.get("content-length"),
        type: headers.get("content-type"),
      }),
  ];
  reads[`${what}, sent back as a stream`] = [
    // nginx stops sending once it has the head of the reply.
    { ...shape, streamed: true, ...(what === "a megabyte" ? straight : {}) },
    ({ body }) => new Response(body, { headers: { "content-type": "text/plain" } }),
  ];
  // A server that does not read a long body may reset the connection before its reply is read.
  if (what === "a megabyte") continue;
  reads[`${what}, not read`] = [shape, () => new Response("not read")];
  reads[`${what}, not read, and a failure`] = [shape, () => {
    throw new Error("a detail");
  }];
}

/** How a body can be read otherwise, or twice. */
const ways: Record<string, Handler> = {
  "read twice": async (request) =>
    json([await outcome(request.text()), await outcome(request.text())]),
  "read twice at once": async (request) =>
    json(await Promise.all([outcome(request.text()), outcome(request.json())])),
  "read after its clone": async (request) => {
    const clone = request.clone();
    return json([await outcome(clone.text()), await outcome(request.text())]);
  },
  "read before its clone": async (request) => {
    const clone = request.clone();
    return json([await outcome(request.text()), await outcome(clone.text())]);
  },
  "read of a clone alone": async (request) => json(await outcome(request.clone().text())),
  "cloned after it was read": async (request) => {
    await request.text();
    return json(await outcome(Promise.resolve().then(() => request.clone().text())));
  },
  "cloned twice": async (request) => {
    const one = request.clone();
    const other = one.clone();
    return json([
      await outcome(one.text()),
      await outcome(other.text()),
      await outcome(request.text()),
    ]);
  },
  "of another Request made of it": async (request) => {
    const other = new Request(request);
    return json([await outcome(other.text()), other.url, other.method]);
  },
  "of another Request with other headers": async (request) => {
    const other = new Request(request, { headers: { "x-own": "1" } });
    return json([await outcome(other.text()), [...other.headers]]);
  },
  "of another Request of the URL": async (request) => {
    const init = { method: "POST", body: request.body, duplex: "half" } as RequestInit;
    return json(await outcome(new Request("http://h/", init).text()));
  },
  "of a Response made of it": async (request) =>
    json(await outcome(new Response(request.body).text())),
  "read by a reader": async ({ body }) => {
    const reader = body!.getReader();
    let text = "";
    while (true) {
      const { value, done } = await reader.read();
      if (done) return json(text);
      text += new TextDecoder().decode(value, { stream: true });
    }
  },
  "read by a reader that lets go": async (request) => {
    const reader = request.body!.getReader();
    await reader.read();
    reader.releaseLock();
    return json([request.bodyUsed, await outcome(request.text())]);
  },
  "read by a byte reader": async ({ body }) => {
    const read = async () => {
      const reader = body!.getReader({ mode: "byob" });
      let text = "";
      while (true) {
        const { value, done } = await reader.read(new Uint8Array(4));
        if (done) return text;
        text += new TextDecoder().decode(value);
      }
    };
    return json(await outcome(read()));
  },
  "through a transform": async ({ body }) =>
    json(
      await outcome(
        new Response(
          body!.pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream()),
        )
          .text(),
      ),
    ),
  "of a tee": async ({ body }) => {
    const [one, other] = body!.tee();
    return json([
      await outcome(new Response(one).text()),
      await outcome(new Response(other).text()),
    ]);
  },
  "cancelled": async (request) => {
    const cancelled = await outcome(request.body!.cancel("a reason"));
    return json([cancelled, request.bodyUsed, await outcome(request.text())]);
  },
  "read while it is locked": async (request) => {
    request.body!.getReader();
    return json(await outcome(request.text()));
  },
  "read later": async (request) => {
    await pause(10);
    return json(await outcome(request.text()));
  },
  "read after the reply": (request, at) => {
    setTimeout(() => void at.settles("text", request.text()), 5);
    return new Response("earlier");
  },
  "sent back by its text": async (request) => new Response(await request.text()),
  "sent back by its bytes": async (request) => new Response(await request.arrayBuffer()),
  "sent back as a Blob": async (request) => new Response(await request.blob()),
  "sent back compressed": ({ body }) =>
    new Response(body!.pipeThrough(new CompressionStream("gzip")), {
      headers: { "content-encoding": "gzip" },
    }),
  "sent back as it is": (request) => new Response(request.body, { headers: request.headers }),
  "sent back without its type": ({ body }) => new Response(body),
  "sent back without its type, a turn later": async (request) => {
    await null;
    return new Response(request.body, { headers: { "x-own": "1" } });
  },
  "sent back from a clone": (request) => new Response(request.clone().body),
  "passed on by fetch": async (request, { upstream }) =>
    await fetch(`${upstream}/echo`, {
      method: "POST",
      headers: { "x-own": "1" },
      body: request.body,
      duplex: "half",
    } as RequestInit),
  "passed on as a Request": async (request, { upstream }) =>
    await fetch(new Request(`${upstream}/echo`, request)),
  "passed on with its init": async (request, { upstream }) =>
    await fetch(`${upstream}/echo`, {
      method: request.method,
      headers: request.headers,
      body: request.body,
      duplex: "half",
    } as RequestInit),
  "passed on by its text": async (request, { upstream }) =>
    await fetch(`${upstream}/echo`, { method: "POST", body: await request.text() }),
  "passed on by its form": async (request, { upstream }) =>
    await fetch(`${upstream}/echo`, { method: "POST", body: await request.blob() }),
};

const waysOf: Lines = {};
for (const [way, handler] of Object.entries(ways)) {
  const type = "Content-Type: text/plain";
  const streamed = /^(?:sent back|passed on)/.test(way);
  const shape: Shape = { streamed, body: "the body of a request", headers: [type] };
  // @hono/node-server has no byte readers, nor has Deno for a body that came with its head.
  const isByByte = way.includes("byte reader");
  const on: Shape = isByByte ? { on: ["bun"] } : {};
  // @hono/node-server passes on no body in chunks.
  const inChunks: Shape = /Request$|init$/.test(way) ? { on: ["bun", "deno"] } : on;
  waysOf[`a body ${way}`] = [{ ...shape, ...on }, handler];
  if (way === "read after the reply") continue;
  waysOf[`a body in chunks ${way}`] = [{ ...shape, ...inChunks, chunked: true }, handler];
  // What it becomes depends on the chunks that it is given.
  if (way.includes("compressed")) continue;
  const long: Shape = {
    ...shape,
    ...(isByByte ? { on: ["bun", "deno"] } : {}),
    body: "0123456789".repeat(20_000),
  };
  waysOf[`a long body ${way}`] = [
    /^sent back|^passed on/.test(way) ? { ...long, ...straight } : long,
    handler,
  ];
}

/** Uploads whose parts are waited for. */
const parted: Lines = {
  "an upload that is echoed part by part, behind nginx": [
    {
      body: "one ",
      then: [["one ", "two "]],
      streamed: true,
      headers: ["Content-Type: text/plain"],
      via: "nginx",
    },
    ({ body }) => new Response(body, { headers: { "x-accel-buffering": "no" } }),
  ],
  "an upload that is echoed part by part": [
    {
      body: "one ",
      then: [["one ", "two "], ["two ", "three "]],
      streamed: true,
      headers: ["Content-Type: text/plain"],
      via: "straight",
    },
    ({ body }) => new Response(body, { headers: { "x-accel-buffering": "no" } }),
  ],
  "an upload whose head is answered first": [
    { body: "", then: [["x-early", "the body"]], streamed: true, via: "straight" },
    (request, at) => {
      const read = at.settles("text", request.text());
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(encode("early"));
          await read;
          controller.close();
        },
      });
      return new Response(body, { headers: { "x-early": "1" } });
    },
  ],
};

const row = "Streamed uploads and responses";

const lengths: Lines = {};
for (
  const [way, pass] of Object.entries({
    "of a body": ({ body }: Request, url: string) =>
      fetch(url, { method: "POST", body, duplex: "half" } as RequestInit),
    "of a body with the headers": ({ body, headers }: Request, url: string) =>
      fetch(url, { method: "POST", body, headers, duplex: "half" } as RequestInit),
  })
) {
  for (const [size, body] of Object.entries({ short: "short", long: "long ".repeat(40_000) })) {
    lengths[`the length ${way} that is ${size}, passed on`] = [
      { body, streamed: true, ...straight },
      (request, { upstream }) => pass(request, `${upstream}/echo-length`),
    ];
  }
}

export const uploads: readonly Table[] = [
  { row: "Every field of a request, and its body by every method", cases: reads },
  { row, cases: { ...waysOf, ...parted } },
  // Bun passes on some bodies in chunks, by how they came.
  { row, shape: { on: ["deno", "node"] }, cases: lengths },
  {
    row,
    cases: {
      "the length of nothing by POST": [
        { method: "POST" },
        ({ headers }) => json(headers.get("content-length")),
      ],
      "the length of a GET with a body": [
        { method: "GET", body: "12345" },
        async (request) => {
          const { headers } = request;
          return json([headers.get("content-length"), await request.text()]);
        },
      ],
      "an upload that expects to be told to go on": [
        { body: "expected", headers: ["Expect: 100-continue"] },
        async (request) => new Response(await request.text()),
      ],
    },
  },
];
