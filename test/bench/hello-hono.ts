/** Hello with Hono. */

import { Hono } from "hono";

const app: Hono = new Hono();
app.get("/hello", (c) => c.text("Hello World\n"));

export default app;
