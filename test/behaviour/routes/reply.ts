/** Replies of every kind. */

import { setTimeout as sleep } from "node:timers/promises";
import { setCookie } from "hono/cookie";
import { Hono } from "hono";
import { streamSSE, streamText } from "hono/streaming";
import { createHash } from "node:crypto";
import { createReadStream, openAsBlob, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { temporaryFolder } from "../../support/address.ts";
import { bytes, code, type Routes, see, watch, watched } from "./seen.ts";

const MIB = 1048576;
const file = join(temporaryFolder(), "file.txt");
const { Bun, Deno } = globalThis as unknown as {
  Bun?: { file(path: string): Blob };
  Deno?: { open(path: string): Promise<{ readable: ReadableStream<Uint8Array> }> };
};

/** What waits until `go-on` is asked for. */
const waiting = new Map<string, () => void>();

function told(id: string): Promise<void> {
  return new Promise((resolve) => waiting.set(id, resolve));
}

/** A stream of equal chunks that are made when they are asked for. */
function supply(id: string, chunk: Uint8Array, times: number): ReadableStream<Uint8Array> {
  let given = 0;
  return watched(id, {
    pull(controller) {
      if (given++ < times) controller.enqueue(chunk);
      else controller.close();
    },
  });
}

const kinds: Record<string, () => BodyInit | null> = {
  text: () => "grün\n",
  empty: () => "",
  null: () => null,
  bytes: () => bytes("bytes"),
  "empty-bytes": () => new Uint8Array(0),
  buffer: () => bytes("buffer").buffer,
  view: () => new DataView(bytes("a view").buffer, 2),
  blob: () => new Blob(["blob"], { type: "text/x-blob" }),
  form: () => {
    const form = new FormData();
    form.set("name", "value");
    return form;
  },
  params: () => new URLSearchParams({ a: "1", b: "ü" }),
  mebibyte: () => new Uint8Array(MIB).fill(120),
  "mebibyte-text": () => "x".repeat(MIB),
  "blob-stream": () => new Blob(["stream"]).stream(),
};

const declaring = (length: number) => ({ headers: { "content-length": String(length) } });

/** Replies of a length that is known, or of no length at all. */
const deliveries: Record<string, (id: string) => Response> = {
  "text": () => new Response("0123456789"),
  "bytes": () => new Response(bytes("0123456789")),
  "mebibyte": () => new Response(new Uint8Array(MIB)),
  "mebibyte-text": () => new Response("x".repeat(MIB)),
  "mebibyte-blob": () => new Response(new Blob(["x".repeat(MIB)])),
  "mebibyte-stream": (id) =>
    new Response(supply(id, new Uint8Array(65536), MIB / 65536), declaring(MIB)),
  "mebibyte-of-more": (id) =>
    new Response(supply(id, new Uint8Array(100_000), 100), declaring(MIB)),
  "file": (id) => {
    const path = `${file}.${id}`;
    writeFileSync(path, new Uint8Array(MIB));
    const read = createReadStream(path);
    see(id, { cancels: 0 });
    read.on("end", () => see(id, { ended: true }));
    return new Response(Readable.toWeb(read) as unknown as ReadableStream, declaring(MIB));
  },
  /** Ends when `go-on` is asked for, long after its last declared byte. */
  "ends-late": (id) =>
    new Response(
      watched(id, {
        async start(controller) {
          controller.enqueue(bytes("01234"));
          await sleep(5);
          controller.enqueue(bytes("56789"));
          await told(id);
          controller.close();
          see(id, { ended: true });
        },
      }),
      declaring(10),
    ),
  /** Fails when `go-on` is asked for. */
  "fails-late": (id) =>
    new Response(
      watched(id, {
        async start(controller) {
          controller.enqueue(bytes("0123456789"));
          await told(id);
          controller.error(new Error("it failed late"));
          see(id, { ended: true });
        },
      }),
      declaring(10),
    ),
  "null": () => new Response(null),
  "not-modified": () => new Response(null, { status: 304 }),
  /** Far more than a socket takes at a time. */
  "large": () => new Response(new Uint8Array(64 * MIB)),
  "large-stream": (id) =>
    new Response(supply(id, new Uint8Array(64 * MIB), 1), declaring(64 * MIB)),
};

const hono = new Hono();
hono.use(async (c, next) => {
  await next();
  c.res.headers.append("set-cookie", "late=1");
  c.res = new Response(c.res.body, c.res);
  c.res.headers.append("x-wrapped", "yes");
});
hono.get("/framework/text", (c) => c.text("text"));
hono.get("/framework/json", (c) => c.json({ json: true }));
hono.get("/framework/cookies", (c) => {
  setCookie(c, "one", "1");
  setCookie(c, "two", "2");
  return c.html("<p>html");
});
hono.get("/framework/blob", () => new Response(new Blob(["blob"], { type: "text/x-blob" })));
hono.get("/framework/params", () => new Response(new URLSearchParams({ a: "1" })));
hono.get("/framework/stream", (c) => {
  return streamText(c, async (stream) => {
    for (const text of ["one\n", "two\n", "three\n"]) await stream.write(text);
  });
});
hono.get("/framework/events", (c) => {
  return streamSSE(c, async (stream) => {
    for (const data of ["one", "two"]) await stream.writeSSE({ data });
  });
});

export const replyRoutes: Routes = {
  framework: ({ request, env, ctx }) => hono.fetch(request, env, ctx as never),

  /** A body of some kind, with a status and headers from the query. */
  body: ({ words: [kind = ""], query }) => {
    const headers = [...query].filter(([name]) => name !== "status") as [string, string][];
    return new Response(kinds[kind]!(), { status: Number(query.get("status") ?? 200), headers });
  },
  json: () => Response.json({ json: "ü" }),
  redirect: ({ request }) => Response.redirect(new URL("/there", request.url), 303),
  "status-text": () => new Response("x", { status: 200, statusText: "Fine By Me" }),
  "status-text-evil": () => new Response("x", { statusText: "OK\r\nX-Evil: 1\0" }),
  file: () => {
    writeFileSync(file, "from a file\n");
    if (Bun !== undefined) return new Response(Bun.file(file));
    if (Deno === undefined) return openAsBlob(file).then((blob) => new Response(blob));
    return Deno.open(file).then(({ readable }) => new Response(readable));
  },
  "node-stream": () => {
    writeFileSync(file, "from a file\n");
    return new Response(Readable.toWeb(createReadStream(file)) as unknown as ReadableStream);
  },
  cookies: () => {
    const response = new Response("cookies", { headers: [["set-cookie", "a=1; Path=/"]] });
    response.headers.append("set-cookie", "b=2, or not");
    return response;
  },

  /** The first chunk at once, the second when `go-on` is asked for. */
  chunks: ({ words: [id = ""] }) =>
    new Response(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(bytes("first\n"));
          await told(id);
          controller.enqueue(bytes("second\n"));
          controller.close();
        },
      }),
    ),
  /** No chunk before `go-on` is asked for. */
  "no-chunk": ({ words: [id = ""] }) =>
    new Response(
      new ReadableStream({
        async start(controller) {
          await told(id);
          controller.enqueue(bytes("at last\n"));
          controller.close();
        },
      }),
    ),
  /** Reads nothing of the body, and answers when `go-on` is asked for. */
  "unread": async ({ words: [id = ""] }) => {
    await told(id);
    return new Response("late\n");
  },
  "go-on": ({ words: [id = ""] }) => {
    waiting.get(id)?.();
    return new Response("told\n");
  },
  /** A stream of what else a stream may hold. */
  mixed: () =>
    new Response(
      new ReadableStream<unknown>({
        start(controller) {
          controller.enqueue("grün ");
          controller.enqueue(bytes("bytes ").buffer);
          controller.enqueue(new DataView(bytes("xview ").buffer, 1));
          controller.enqueue(bytes(""));
          controller.enqueue(bytes("end"));
          controller.close();
        },
      }) as ReadableStream<Uint8Array>,
    ),
  "mixed-wrong": () =>
    new Response(
      new ReadableStream<unknown>({
        start(controller) {
          controller.enqueue({ not: "bytes" });
        },
      }) as ReadableStream<Uint8Array>,
    ),
  transformed: () =>
    new Response(
      new Blob(["squeezed ".repeat(1000)]).stream().pipeThrough(new CompressionStream("gzip")),
    ),

  /** `ten` bytes as a stream, with a length that the path gives. */
  declared: ({ words: [length = "", id = "", ms = "0"] }) =>
    new Response(
      watched(id, {
        async pull(controller) {
          if (ms !== "0") await sleep(Number(ms));
          controller.enqueue(bytes("01234"));
          controller.enqueue(bytes("56789"));
          if (id === "") controller.close();
        },
      }),
      { headers: { "content-length": length } },
    ),

  /** So many MiB as a stream of 64 KiB chunks; how much was delivered is noted. */
  supply: ({ words: [mebibytes = "1", id = ""], ctx }) => {
    ctx.completed.then(
      () => see(id, { completed: "resolved" }),
      (error) => see(id, { completed: code(error) }),
    );
    return new Response(supply(id, new Uint8Array(65536).fill(120), Number(mebibytes) * 16));
  },
  /** A reply that its client may leave as soon as it is there; what becomes of it is noted. */
  delivered: ({ request, words: [kind = "", id = ""], ctx }) => {
    watch(id, request.signal);
    ctx.completed.then(
      () => see(id, { completed: "resolved" }),
      (error) => see(id, { completed: code(error) }),
    );
    return deliveries[kind]!(id);
  },
  hashed: ({ words: [mebibytes = "1"] }) => {
    const hash = createHash("sha256");
    let turn = 0;
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (turn === Number(mebibytes) * 16) {
            controller.enqueue(hash.digest());
            return controller.close();
          }
          const chunk = new Uint8Array(65536).fill(turn++);
          chunk[turn % 65536] = turn % 251;
          hash.update(chunk);
          controller.enqueue(chunk);
        },
      }),
    );
  },
  /** So many lines of 100 bytes, each its own chunk, pushed without waiting. */
  lines: ({ words: [count = "1"] }) =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (let line = 0; line < Number(count); line++) {
            controller.enqueue(bytes(`${String(line).padEnd(99)}\n`));
          }
          controller.close();
        },
      }),
    ),
  /** So many chunks, each of which takes the process some milliseconds. */
  computed: ({ words: [count = "1"] }) => {
    let made = 0;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          if (made === 0) await sleep(5);
          if (made++ === Number(count)) return controller.close();
          const begun = Date.now();
          while (Date.now() < begun + 4);
          controller.enqueue(bytes("computed\n"));
        },
      }),
    );
  },
  /** So many MiB in one piece. */
  piece: ({ words: [mebibytes = "1"] }) => new Response(new Uint8Array(Number(mebibytes) * MIB)),
  /** An event stream that ticks, or that begins late. */
  events: async ({ words: [id = "", delay = "0"], query }) => {
    see(id, { started: true });
    await sleep(Number(delay));
    let turn = 0;
    const stream = watched(id, {
      async pull(controller) {
        if (turn > 0) await sleep(20);
        controller.enqueue(bytes(`data: ${turn++}\n\n`));
      },
    });
    const headers: Record<string, string> = { "content-type": "text/event-stream" };
    if (query.has("buffering")) headers["x-accel-buffering"] = query.get("buffering")!;
    return new Response(stream, { headers });
  },
  "upstream": ({ words: [port = ""] }) => fetch(`http://127.0.0.1:${port}/`),
  "large-head": () => new Response("x", { headers: { "x-large": "y".repeat(5000) } }),
};
