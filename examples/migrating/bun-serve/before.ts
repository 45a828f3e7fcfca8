/**
 * A Hono app on `Bun.serve`, with a route of Bun's router and an event stream.
 *
 *     bun examples/migrating/bun-serve/before.ts
 *
 * @module
 */

import { Hono } from "hono";
import { getConnInfo } from "hono/bun";
import { streamSSE } from "hono/streaming";

const app = new Hono();

app.get("/", (c) => c.text(`Hello, ${getConnInfo(c).remote.address}\n`));

app.get("/count", (c) =>
  streamSSE(c, async (stream) => {
    for (const data of ["1", "2", "3"]) await stream.writeSSE({ data });
  }));

app.post("/length", async (c) => c.json({ length: (await c.req.text()).length }));

Bun.serve({
  hostname: "127.0.0.1",
  routes: { "/health": new Response("OK\n") },
  maxRequestBodySize: 1_000_000,
  fetch: app.fetch,
});
