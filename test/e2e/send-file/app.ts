/** An app whose files the web server sends. Runs on Bun and on Deno. */

import { Hono } from "hono";
import { type FileSender, sendFile } from "../../../src/mod.ts";

const app = new Hono<{ Bindings: Record<string, string> }>();

/** `/file?path=…&type=…&server=…`, and the same below `/untold`. */
app.on("GET", ["/file", "/untold/file"], (c) => {
  const { path = "", type, server } = c.req.query();
  return sendFile(path, {
    root: c.env.FILES!,
    env: c.env,
    ...(server === undefined ? {} : { server: server as FileSender }),
    headers: {
      ...(type === undefined ? {} : { "content-type": type }),
      "cache-control": "no-cache",
      "content-disposition": "attachment",
      "set-cookie": "seen=1; Path=/",
    },
  });
});

export default app;
