/**
 * The app, served by the runtime's own server, at $PORT or where `scgi run` listens. With the
 * argument `bare` it has no handler of errors, as an app of `scgi serve` has none.
 */

import process from "node:process";
import { answer, answerFailure } from "./app.ts";
import { bunRoutes } from "./cases/bun-routes.ts";

const port = Number(process.env.PORT ?? 0);
const hostname = "127.0.0.1";
const bare = process.argv.includes("bare");

process.on("unhandledRejection", (error) => console.error("unhandled:", error));

// deno-lint-ignore no-explicit-any
const runtime = globalThis as any;
if ("Bun" in globalThis) {
  runtime.Bun.serve({
    port,
    hostname,
    development: false,
    idleTimeout: 0,
    ...(bare ? {} : {
      routes: bunRoutes(),
      error(this: unknown, error: unknown) {
        return answerFailure(error, typeof this);
      },
    }),
    fetch: (request: Request, server: unknown) => answer(request, { server }),
  });
} else if ("Deno" in globalThis) {
  runtime.Deno.serve(
    {
      port,
      hostname,
      onListen() {},
      ...(bare ? {} : { onError: (error: unknown) => answerFailure(error) }),
    },
    (request: Request, info: { completed: Promise<void> }) =>
      answer(request, { server: info, completed: info.completed }),
  );
} else {
  const { serve } = await import("@hono/node-server");
  serve({
    port,
    hostname,
    fetch: (request, server) => answer(request, { server }),
  });
}
