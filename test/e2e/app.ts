/** The app behind the web servers in the end-to-end tests. Runs on Bun and on Deno. */

import { setTimeout as sleep } from "node:timers/promises";
import { type Context, Hono } from "hono";
import { type FC, jsx, type JSXNode } from "hono/jsx";
import { renderToReadableStream, Suspense } from "hono/jsx/streaming";
import { stream, streamSSE, streamText } from "hono/streaming";
import { createHash } from "node:crypto";
import { createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Readable } from "node:stream";
import { constants, createGzip } from "node:zlib";
import { temporaryFolder } from "../support/address.ts";

/** What a handler saw; the test that asked names the entry, and reads it at `/seen/:id`. */
export interface Sighting {
  /** The handler was called. */
  started?: boolean;
  /** Bytes of the request body that it has read. */
  bytes?: number;
  /** `request.signal` aborted. */
  aborted?: boolean;
  /** Reading the request body failed. */
  readFailed?: boolean;
  /** The response stream was cancelled. */
  cancelled?: boolean;
}

/** What `/mirror`, and each path that has no handler, answers with. */
export interface Mirror {
  method: string;
  url: string;
  headers: Record<string, string>;
  env: Record<string, string>;
  body: string;
}

const app = new Hono<{ Bindings: Record<string, string> }>();
const encode = (text: string) => new TextEncoder().encode(text);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// Sightings, and gates that a test opens.

const sightings = new Map<string, Sighting>();
const gates = new Map<string, Gate>();

function see(id: string, what: Sighting): void {
  sightings.set(id, { ...sightings.get(id), ...what });
}

/** What handlers wait for until a test says so. */
class Gate {
  resolve!: () => void;
  readonly promise = new Promise<void>((resolve) => this.resolve = resolve);
}

function gate(id: string): Gate {
  const found = gates.get(id) ?? new Gate();
  gates.set(id, found);
  return found;
}

app.get("/seen/:id", (c) => c.json(sightings.get(c.req.param("id")) ?? {}));
app.post("/open/:id", (c) => {
  gate(c.req.param("id")).resolve();
  return c.text("open\n");
});

// Plain replies.

/** How often each path of `/local/` was asked for. */
const asked: Record<string, number> = {};
const DIGITS = "0123456789".repeat(10);

app.get("/hello", (c) => c.text("Hello from the other side\n"));
/** Replies late, with the process that did. */
app.get("/slowly", async (c) => {
  await sleep(20);
  return c.text(String(process.pid));
});
app.get("/no-content", (c) => c.body(null, 204));
app.get("/not-modified", (c) => c.body(null, 304, { etag: '"one"' }));
app.get("/redirect", (c) => c.redirect("/x"));
app.post("/items", (c) => c.text("made\n", 201, { location: "/items/1" }));
app.get(
  "/local/:status",
  (c) =>
    new Response(`${(asked[c.req.path] = (asked[c.req.path] ?? 0) + 1)}\n`, {
      status: Number(c.req.param("status")),
      headers: { location: "/elsewhere" },
    }),
);
app.get("/status/:status/:text", (c) => {
  const { status, text: statusText } = c.req.param();
  return new Response("so\n", { status: Number(status), statusText });
});
app.get("/upgrade", () => new Response(null, { status: 101 }));
app.get("/padded/:bytes/:lines?", (c) => {
  const { bytes, lines = "1" } = c.req.param();
  const headers = new Headers();
  for (let line = 0; line < Number(lines); line++) {
    headers.set(`x-pad-${String(line).padStart(2, "0")}`, "x".repeat(Number(bytes)));
  }
  return new Response("padded\n", { headers });
});
app.get("/digits/whole", (c) => c.text(DIGITS));
app.get("/digits", (c) => {
  const range = /^bytes=(\d+)-(\d+)$/.exec(c.req.header("range") ?? "");
  if (range === null) return c.text(DIGITS, 200, { "accept-ranges": "bytes" });
  const [first, last] = [Number(range[1]), Number(range[2])];
  const headers = { "content-range": `bytes ${first}-${last}/${DIGITS.length}` };
  return c.text(DIGITS.slice(first, last + 1), 206, headers);
});
app.get("/throw", () => {
  throw new Error("a detail that is nobody's business");
});
app.get("/cookies", (c) => {
  c.header("set-cookie", "one=1; Path=/", { append: true });
  c.header("set-cookie", "two=2; Path=/", { append: true });
  return c.text(c.req.header("cookie") ?? "");
});
app.get("/cookies/large", (c) => {
  const cookie = c.req.header("cookie") ?? "";
  return c.text(String(cookie.length), 200, { "set-cookie": `${cookie}; Path=/` });
});

/** Replies to nobody before the asked number of requests is here at once. */
let waiting = 0;
app.get("/together/:count", async (c) => {
  const count = c.req.param("count");
  waiting += 1;
  if (waiting === Number(count)) gate(`together ${count}`).resolve();
  await gate(`together ${count}`).promise;
  return c.text(`one of ${count}\n`);
});

// Request bodies.

app.on(["POST", "PUT"], "/hash/:id", async (c) => {
  const hash = createHash("sha256");
  let bytes = 0;
  see(c.req.param("id"), { started: true, bytes });
  for await (const chunk of c.req.raw.body ?? []) {
    hash.update(chunk);
    bytes += chunk.length;
    see(c.req.param("id"), { bytes });
  }
  return c.json({ bytes, sha256: hash.digest("hex") });
});
app.post("/refuse", (c) => c.text("This is more than I want to read.\n", 413));
app.post("/leave/upload/:id", async (c) => {
  const id = c.req.param("id");
  watch(c, id);
  await c.req.arrayBuffer().catch(() => see(id, { readFailed: true }));
  return c.text("nobody is here to read this\n");
});

// Clients that leave.

function watch(c: Context, id: string): void {
  const { signal } = c.req.raw;
  signal.addEventListener("abort", () => see(id, { aborted: true }), { once: true });
  see(id, { started: true, aborted: signal.aborted });
}

app.get("/leave/waiting/:id", async (c) => {
  watch(c, c.req.param("id"));
  const left = new Promise((resolve) => c.req.raw.signal.addEventListener("abort", resolve));
  await Promise.race([left, gate(c.req.param("id")).promise]);
  return c.text("nobody is here to read this\n");
});
app.get("/leave/stream/:id", (c) => {
  const id = c.req.param("id");
  watch(c, id);
  return streamed({
    async pull(controller) {
      await pause(20);
      controller.enqueue(encode("and on\n"));
    },
    cancel: () => see(id, { cancelled: true }),
  });
});

// Streams, which say nothing of buffers.

function streamed(source: UnderlyingSource<Uint8Array>, headers?: HeadersInit): Response {
  return new Response(new ReadableStream(source), headers ? { headers } : {});
}

app.get("/stream/:id", (c) =>
  streamed({
    async start(controller) {
      controller.enqueue(encode("first\n"));
      await gate(c.req.param("id")).promise;
      controller.enqueue(encode("second\n"));
      controller.close();
    },
  }));
app.get("/page/:id", (c) =>
  streamed({
    async start(controller) {
      controller.enqueue(encode("<p>first\n"));
      await gate(c.req.param("id")).promise;
      controller.enqueue(encode("<p>second\n"));
      controller.close();
    },
  }, { "content-type": "text/html; charset=utf-8" }));

/** Gives its second part when a gate opens. */
async function* parts(id: string): AsyncGenerator<string> {
  yield "<p>first\n";
  await gate(id).promise;
  yield "<p>second\n";
}

/** The same as bytes. */
async function* encoded(id: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const part of parts(id)) yield encode(part);
}

/** Each chunk of an iterable as it is asked for. */
function streamOf<Chunk>(chunks: AsyncGenerator<Chunk>): ReadableStream<Chunk> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

const Later: FC<{ id: string }> = async ({ id }) => {
  await gate(id).promise;
  return jsx("p", {}, "second");
};

/** Bodies that are made in two parts, as frameworks make them. */
const made: Record<string, (id: string, c: Context) => BodyInit | Response> = {
  "text": (id) => streamOf(parts(id)) as unknown as BodyInit,
  "bytes": (id) => streamOf(encoded(id)),
  "generator": (id) => encoded(id) as unknown as BodyInit,
  "transform": (id) => streamOf(parts(id)).pipeThrough(new TextEncoderStream()),
  "node": (id) => Readable.toWeb(Readable.from(encoded(id))) as unknown as BodyInit,
  "gzip": (id) => {
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    const body = Readable.toWeb(Readable.from(encoded(id)).pipe(gzip));
    return new Response(body as unknown as BodyInit, { headers: { "content-encoding": "gzip" } });
  },
  "html": (id) =>
    new Response(streamOf(encoded(id)), { headers: { "content-type": "text/html" }, status: 201 }),
  "stream": (id, c) =>
    stream(c, async (stream) => {
      for await (const part of parts(id)) await stream.write(part);
    }),
  "streamText": (id, c) =>
    streamText(c, async (stream) => {
      for await (const part of parts(id)) await stream.write(part);
    }),
  "Suspense": (id) => {
    const fallback = jsx("p", {}, "first");
    return renderToReadableStream(
      jsx(Suspense, { fallback }, jsx(Later, { id })) as unknown as JSXNode,
    );
  },
};
app.get("/made/:kind/:id", (c) => {
  const { kind, id } = c.req.param();
  const body = made[kind]!(id, c);
  return body instanceof Response ? body : new Response(body);
});

const DOWNLOAD_BYTES = 1_000_000;
const download = join(temporaryFolder(), "download");
writeFileSync(download, new Uint8Array(DOWNLOAD_BYTES));

app.get("/download/:id", (c) => {
  const { signal } = c.req.raw;
  const id = c.req.param("id");
  signal.addEventListener("abort", () => see(id, { aborted: true }));
  const read = createReadStream(download);
  read.on("close", () => read.readableEnded || see(id, { cancelled: true }));
  const body = Readable.toWeb(read) as unknown as BodyInit;
  return new Response(body, { headers: { "content-length": String(DOWNLOAD_BYTES) } });
});
app.get("/events/:id", (c) =>
  streamSSE(c, async (stream) => {
    await stream.writeSSE({ data: "first" });
    await gate(c.req.param("id")).promise;
    await stream.writeSSE({ data: "second" });
  }));
app.get("/fail/:length?", (c) => {
  const length = c.req.param("length");
  return streamed({
    async start(controller) {
      controller.enqueue(encode("half of it"));
      // A reset discards what the web server has not read by then.
      await pause(100);
      controller.error(new Error("the source dried up"));
    },
  }, length === undefined ? undefined : { "content-length": length, "x-accel-buffering": "no" });
});

app.all("*", async (c) =>
  c.json(
    {
      method: c.req.method,
      url: c.req.url,
      headers: Object.fromEntries(c.req.raw.headers),
      env: c.env,
      body: await c.req.text(),
    } satisfies Mirror,
  ));

export default {
  fetch(request: Request, env: Record<string, string>): Response | Promise<Response> {
    // Past Hono, which answers what its handlers throw, and takes the body off for HEAD.
    const { pathname } = new URL(request.url);
    if (pathname === "/throw/whole") throw new Error("another detail");
    if (pathname === "/plain") return new Response("Hello there\n");
    return app.fetch(request, env);
  },
};
