/** Handlers that read the body of the request, or do not. */

import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createHash } from "node:crypto";
import { bytes, code, type Routes, see, watch } from "./seen.ts";

const hono = new Hono();
hono.post("/hono/limited", bodyLimit({ maxSize: 1000 }), async (c) => c.text(await c.req.text()));
hono.post("/hono/read-noted/:id", async (c) => {
  const id = c.req.param("id");
  watch(id, c.req.raw.signal);
  try {
    return c.text(await c.req.text());
  } catch (error) {
    see(id, { outcome: code(error) });
    throw error;
  }
});
hono.post("/hono/read", async (c) => c.text(await c.req.text()));
hono.post("/hono/rewrap", async (c) => {
  const upper = c.req.raw.body!.pipeThrough(
    new TransformStream({
      transform: (chunk, controller) =>
        controller.enqueue(chunk.map((byte: number) => byte & 0xdf)),
    }),
  );
  return c.text(
    await new Request(c.req.raw, { body: upper, duplex: "half" } as RequestInit).text(),
  );
});

/** Ways to read a whole body. */
const readers: Record<string, (request: Request) => Promise<unknown>> = {
  arrayBuffer: (request) => request.arrayBuffer(),
  bytes: (request) => request.bytes(),
  text: (request) => request.text(),
  json: (request) => request.json(),
  formData: (request) => request.formData(),
  blob: (request) => request.blob(),
  stream: async (request) => {
    for await (const chunk of request.body!) void chunk;
  },
  clone: (request) => request.clone().text(),
  wrapped: (request) => new Request(request).text(),
};

/** Reads a body and counts it, with a pause after each chunk. */
async function count(id: string, body: ReadableStream<Uint8Array>, ms: number): Promise<Response> {
  const hash = createHash("sha256");
  let total = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    total += chunk.length;
    see(id, { bytes: total });
    if (ms > 0) await sleep(ms);
  }
  return Response.json({ bytes: total, sha256: hash.digest("hex") });
}

export const bodyRoutes: Routes = {
  "hono": ({ request, env, ctx }) => hono.fetch(request, env, ctx as never),

  "count": ({ request, words: [id = "", ms = "0"] }) => {
    see(id, { started: true, bytes: 0, hasBody: request.body !== null });
    if (request.body === null) return new Response("no body\n");
    return count(id, request.body, Number(ms));
  },

  /** Reads a body to its end at once, at first or when a part of it has come. */
  "at-once": async ({ request, words: [how = "", ms = "0"] }) => {
    void request.headers;
    if (Number(ms) > 0) await sleep(Number(ms));
    const buffer = how === "text"
      ? new TextEncoder().encode(await request.text())
      : new Uint8Array(await request.arrayBuffer());
    const sha256 = createHash("sha256").update(buffer).digest("hex");
    return Response.json({ bytes: buffer.length, sha256, used: request.bodyUsed });
  },

  /** Reads a body that is cut, and notes how the read fails. */
  "cut": async ({ request, words: [id = "", how = ""] }) => {
    watch(id, request.signal);
    const { signal } = request;
    try {
      await readers[how]!(request);
      see(id, { outcome: "read whole" });
    } catch (error) {
      see(id, { outcome: code(error), aborted: signal.aborted, same: error === signal.reason });
      throw error;
    }
    return new Response();
  },

  /** Reads the body once the client has left. */
  "after-leaving": async ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    see(id, { bytes: (await request.text()).length });
    return new Response();
  },

  // What is not read.
  /** Collects garbage, where the runtime can be told to. */
  "collect": () => {
    (globalThis as { Bun?: { gc(now: boolean): void } }).Bun?.gc(true);
    return new Response("collected\n");
  },
  "ignore": () => new Response("not wanted\n", { status: 413 }),
  "ignore-later": async () => {
    await sleep(100);
    return new Response("not wanted\n", { status: 413 });
  },
  "cancel": async ({ request }) => {
    await request.body!.cancel();
    return new Response("not wanted\n", { status: 413 });
  },
  "part": async ({ request }) => {
    const reader = request.body!.getReader();
    await reader.read();
    reader.releaseLock();
    return new Response("not wanted\n", { status: 413 });
  },
  "part-cancelled": async ({ request }) => {
    for await (const chunk of request.body!) {
      void chunk;
      break;
    }
    return new Response("not wanted\n", { status: 413 });
  },
  "part-locked": async ({ request }) => {
    await request.body!.getReader().read();
    return new Response("not wanted\n", { status: 413 });
  },

  /** Answers first and reads afterwards. */
  "read-after": ({ request, ctx, words: [id = ""] }) => {
    see(id, { started: true });
    ctx.waitUntil(
      ctx.completed.then(async () => {
        await sleep(50);
        const text = await request.text();
        see(id, { bytes: text.length });
      }).catch((error) => see(id, { outcome: code(error) })),
    );
    return new Response("thank you\n");
  },

  /** Answers while it reads on. */
  "read-on": ({ request, ctx, words: [id = ""] }) => {
    ctx.waitUntil(count(id, request.body!, 1));
    return new Response("thank you\n");
  },

  "echo": ({ request }) => new Response(request.body),
  /** An echo that notes what became of it. */
  "echo-seen": ({ request, ctx, words: [id = ""] }) => {
    watch(id, request.signal);
    ctx.waitUntil(
      ctx.completed.then(() => "resolved", code)
        .then((outcome) => see(id, { outcome, used: request.bodyUsed })),
    );
    return new Response(request.body);
  },
  "clone": async ({ request }) => {
    const clone = request.clone();
    const [one, two] = await Promise.all([request.text(), clone.text()]);
    return new Response(String(one === two && one.length));
  },
  "form": async ({ request }) => {
    const form = await request.formData();
    const file = form.get("file") as File;
    return Response.json({ name: file.name, size: file.size, text: form.get("text") });
  },
  "print": ({ request }) => {
    console.log(request, request.headers, request.signal);
    const response = new Response(bytes("printed\n"));
    console.log(response);
    return response;
  },
};
