/** Serves handlers that fail, with an `onError` that does what the request's path says. */

import { formatAddress, ScgiError, serve } from "scgi";
import process from "node:process";

const errors: string[] = [];

function handler(request: Request): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/errors") return Response.json(errors.splice(0));
  if (pathname === "/hello") return new Response("Hello\n");
  if (pathname === "/after-head") {
    return new Response(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode("half"));
          await new Promise((resolve) => setTimeout(resolve, 30));
          controller.error(new Error("after the head"));
        },
      }),
    );
  }
  if (pathname === "/too-long") {
    return new Promise((_, reject) => {
      const { signal } = request;
      signal.addEventListener("abort", () => setTimeout(reject, 20, signal.reason));
    });
  }
  throw new Error("it failed");
}

function onError(
  error: unknown,
  request: Request | undefined,
): Response | Promise<Response> | void {
  const { pathname = "none" } = request === undefined ? {} : new URL(request.url);
  errors.push(`${pathname} ${error instanceof ScgiError ? error.code : (error as Error).message}`);
  // A circle of failures has to end somewhere.
  if (errors.length > 100) return;
  switch (pathname) {
    case "none":
      return new Response("mended", { status: 499 });
    case "/answer":
    case "/after-head":
      return new Response("answered", { status: 418, headers: { "x-answer": "yes" } });
    case "/answer-later":
      return Promise.resolve(new Response("answered later", { status: 418 }));
    case "/throw":
      throw new Error("onError threw");
    case "/reject":
      return Promise.reject(new Error("onError rejected"));
    case "/not-a-response":
      return "text" as never;
    case "/bad-head":
      return new Response("x", { headers: { "x-control": "a\x01b" } });
    case "/failing-stream":
      return new Response(
        new ReadableStream({ start: (controller) => controller.error(new Error("again")) }),
      );
    case "/too-long":
      return new Response(
        new ReadableStream({
          async start(controller) {
            for (const text of ["it took ", "too ", "long"]) {
              controller.enqueue(new TextEncoder().encode(text));
              await new Promise((resolve) => setTimeout(resolve, 30));
            }
            controller.close();
          },
        }),
        { status: 504 },
      );
  }
}

const server = serve(handler, { listen: process.argv[2]!, onError, requestTimeout: 200 });
process.on("SIGTERM", async () => {
  await server.shutdown();
  process.exit(0);
});
await server.ready;
console.log(`Listening on ${formatAddress(server.addr!)}`);
