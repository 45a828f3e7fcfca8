/** A server as each runtime's documentation shows one. */

import process from "node:process";

const port = Number(process.env.PORT ?? 0);
const hostname = "127.0.0.1";
const bytes = (text: string) => new TextEncoder().encode(text);

/** Two pieces, with a pause between them. */
function pieces(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes("one "));
      await new Promise((resolve) => setTimeout(resolve, 300));
      controller.enqueue(bytes("two"));
      controller.close();
    },
  });
}

const replies: Record<string, () => Response> = {
  "events": () => new Response(pieces(), { headers: { "content-type": "text/event-stream" } }),
  "error": () => {
    throw new Error("a detail");
  },
};

let aborted = 0;
/** What aborted the last request. */
let reason: unknown;

async function handle(request: Request, address: unknown): Promise<Response> {
  const { pathname } = new URL(request.url);
  const name = pathname.slice(1);
  if (name in replies) return replies[name]!();
  switch (name) {
    case "seen":
      return Response.json({
        method: request.method,
        url: request.url,
        headers: [...request.headers].filter(([name]) => name !== "connection"),
        body: await request.text(),
      });
    case "upload": {
      let [count, parts] = [0, 0];
      for await (const chunk of request.body!) {
        count += chunk.length;
        parts++;
      }
      return Response.json({ count, inParts: parts > 1 });
    }
    case "main":
      return Response.json({
        main: import.meta.main,
        args: process.argv.slice(2),
        file: process.argv[1],
        flags: process.env.SCGI_RUN ?? null,
      });
    case "address":
      return Response.json(address);
    case "wait":
      request.signal.addEventListener("abort", () => aborted++);
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      ({ reason } = request.signal);
      return new Response("too late");
    case "reason":
      return Response.json({
        name: (reason as Error).name,
        code: (reason as DOMException).code,
        real: reason instanceof DOMException && reason instanceof Error,
      });
    case "aborted":
      return Response.json(aborted);
  }
  return new Response("Not Found", { status: 404 });
}

if ("Bun" in globalThis) {
  Bun.serve({
    port,
    hostname,
    fetch: (request, server) => handle(request, server.requestIP(request)),
    error: (error) => new Response(`mended: ${error.message}`, { status: 500 }),
  });
} else {
  // deno-lint-ignore no-explicit-any
  const { Deno } = globalThis as any;
  Deno.serve(
    {
      port,
      hostname,
      onListen() {},
      onError: (error: Error) => new Response(`mended: ${error.message}`, { status: 500 }),
    },
    (request: Request, info: { remoteAddr: unknown }) => handle(request, info.remoteAddr),
  );
}
