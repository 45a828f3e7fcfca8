/**
 * Replaces the pages of an old SCGI server one by one, and forwards requests for the other pages.
 *
 *     OLD=127.0.0.1:4001 bun src/cli.ts serve examples/migrating/php-python/after.ts --http 8080
 *
 * @module
 */

import process from "node:process";
import { Hono } from "hono";
import { gateway } from "scgi/gateway";
import type { Bindings } from "scgi/hono";

const app: Hono<{ Bindings: Bindings }> = new Hono();

app.get("/", (c) => c.text(`Hello, ${c.env.REMOTE_ADDR}\n`));

app.get("/greet", (c) => {
  const { name = "world" } = c.req.query();
  return c.text(`Hello, ${name} with ${c.req.header("user-agent") ?? "nothing"}\n`);
});

const old = gateway({ to: process.env.OLD ?? "127.0.0.1:4001" });
app.all("*", (c) => old(c.req.raw, c.env));

export default app;
