/** The Hono app as Hono's documentation has it on Deno. */

import process from "node:process";
import { getConnInfo, serveStatic } from "hono/deno";
import { makeApp } from "./hono.ts";

interface HandlerInfo {
  remoteAddr: { transport: string; hostname: string };
  completed: Promise<void>;
}

declare const Deno: {
  serve(options: object, handler: (request: Request, info: HandlerInfo) => unknown): unknown;
};

const app = makeApp<HandlerInfo>({ getConnInfo, serveStatic });

app.get("/server", (c) => {
  const { transport, hostname } = c.env.remoteAddr;
  return c.json({ transport, hostname, completed: c.env.completed instanceof Promise });
});

// `scgi serve` takes the default export instead.
if (import.meta.main) {
  const options = { port: Number(process.env.PORT ?? 0), hostname: "127.0.0.1", onListen() {} };
  Deno.serve(options, app.fetch);
}

export default app;
