/** The same app over HTTP, by the runtime's own server, or by `@hono/node-server` on Node. */

import process from "node:process";
import { fetch } from "./app.ts";

interface Runtimes {
  Bun?: { serve(options: object): unknown };
  Deno?: { serve(options: object, handler: typeof fetch): unknown };
}

const port = Number(process.argv[2]);
const hostname = "127.0.0.1";
const listens = () => console.log(`Listening on ${hostname}:${port}`);
const { Bun, Deno } = globalThis as unknown as Runtimes;

if (Bun !== undefined) {
  Bun.serve({ hostname, port, fetch });
  listens();
} else if (Deno !== undefined) {
  Deno.serve({ hostname, port, onListen: listens }, fetch);
} else {
  const { serve } = await import("@hono/node-server");
  // `Response` stays what the runtime has, for the comparison.
  serve({ hostname, port, fetch, overrideGlobalObjects: false }, listens);
}
