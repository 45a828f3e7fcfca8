/** A server of Deno, started in the way that its first argument names. */

import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Deno } = globalThis as any;
const at = { port: Number(process.env.PORT ?? 0), hostname: "127.0.0.1", onListen() {} };
let completed = 0;
let failed = 0;

interface Info {
  remoteAddr: { hostname: string };
  completed: Promise<void>;
}

/** Says who asked, how many replies were delivered and how many were not. */
function handler(request: Request, info: Info): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/counts") return Response.json({ completed, failed });
  info.completed.then(() => completed++, () => failed++);
  if (pathname === "/socket") return Deno.upgradeWebSocket(request).response;
  if (pathname === "/endless") {
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          controller.enqueue(new Uint8Array(65536));
        },
      }),
    );
  }
  return Response.json({ hostname: info.remoteAddr.hostname, keys: Object.keys(info) });
}

const overloads: Record<string, () => unknown> = {
  "handler": () => Deno.serve(handler),
  "options and handler": () => Deno.serve(at, handler),
  "options with handler": () => Deno.serve({ ...at, handler }),
};

overloads[process.argv[2]!]!();
