/** The app under load. It keeps counters and nothing else, so that its memory should not grow. */

import { type Context, Hono } from "hono";

const app: Hono = new Hono();
/** Requests whose client is going to leave, how many of them did, and what came of it. */
const counts = { leavers: 0, departures: 0, cancelled: 0, falseAborts: 0 };
const chunk = new TextEncoder().encode("a chunk of it\n".repeat(20));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

app.get("/counts", (c) => c.json(counts));
app.get("/hello", (c) => c.text("Hello\n"));

app.post("/length", async (c) => {
  mustNotAbort(c);
  const body = await c.req.arrayBuffer();
  return c.text(`${body.byteLength}\n`);
});

/** Five chunks with pauses between them. */
app.get("/stream", (c) => {
  mustNotAbort(c);
  let left = 5;
  return streamed({
    async pull(controller) {
      await pause(1);
      controller.enqueue(chunk);
      if (--left === 0) controller.close();
    },
  });
});

/** A stream that only the client's departure ends. */
app.get("/endless", (c) => {
  counts.leavers += 1;
  c.req.raw.signal.addEventListener("abort", () => counts.departures += 1);
  return streamed({
    async pull(controller) {
      await pause(5);
      controller.enqueue(chunk);
    },
    cancel: () => void (counts.cancelled += 1),
  });
});

/** An answer that only the client's departure brings. */
app.get("/never", async (c) => {
  counts.leavers += 1;
  await new Promise((resolve) => c.req.raw.signal.addEventListener("abort", resolve));
  counts.departures += 1;
  return c.text("too late\n");
});

function mustNotAbort(c: Context): void {
  c.req.raw.signal.addEventListener("abort", () => counts.falseAborts += 1);
}

function streamed(source: UnderlyingSource<Uint8Array>): Response {
  return new Response(new ReadableStream(source), { headers: { "x-accel-buffering": "no" } });
}

export default app;
