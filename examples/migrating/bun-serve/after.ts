/**
 * The same app, for `scgi serve`: on Bun, and on Deno.
 *
 *     bun src/cli.ts serve examples/migrating/bun-serve/after.ts --max-body-bytes 1000000 --http 8080
 *
 * @module
 */

import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { type Bindings, getConnInfo } from "scgi/hono";

const app: Hono<{ Bindings: Bindings }> = new Hono();

app.get("/", (c) => c.text(`Hello, ${getConnInfo(c).remote.address}\n`));

app.get("/count", (c) =>
  streamSSE(c, async (stream) => {
    for (const data of ["1", "2", "3"]) await stream.writeSSE({ data });
  }));

app.post("/length", async (c) => c.json({ length: (await c.req.text()).length }));

app.get("/health", (c) => c.text("OK\n"));

export default app;
