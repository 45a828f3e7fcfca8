/**
 * The smallest server: a Hono app on 127.0.0.1:4000.
 *
 *     deno run --allow-net=127.0.0.1:4000 examples/hello/scgi.ts
 *     bun examples/hello/scgi.ts
 *
 * @module
 */

import { Hono } from "hono";
import { serve } from "scgi";

const app = new Hono();

app.get("/", (c) => c.text("Hello over SCGI\n"));
app.get("/:name", (c) => c.text(`Hello, ${c.req.param("name")}\n`));

serve(app, { port: 4000, onListen: () => console.log("Listening on 127.0.0.1:4000 (SCGI)") });
