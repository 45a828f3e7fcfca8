/** A Hono app that routes on its own paths, wherever it is mounted. Runs on Bun and on Deno. */

import { Hono } from "hono";

const app = new Hono();

app.get("/orders/:name", (c) => c.text(`order ${c.req.param("name")}`));
app.all("*", (c) => c.text(c.req.url.slice(new URL(c.req.url).origin.length)));

export default app;
