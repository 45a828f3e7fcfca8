/** A server with a `signal`, which `/abort` aborts. Prints how the open requests end. */

import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Deno } = globalThis as any;
const { signal, abort } = controlled();
const never = new Promise<Response>(() => {});

function controlled(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error("enough")) };
}

const server = Deno.serve({
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  signal,
}, ({ url, signal }: Request) => {
  const { pathname } = new URL(url);
  if (pathname === "/abort") {
    setTimeout(abort, 50);
    return new Response("soon");
  }
  if (pathname === "/waits") {
    signal.addEventListener("abort", () => console.log(`${pathname} aborts`));
    return never;
  }
  return new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("begun")),
      cancel: () => console.log(`${pathname} is cancelled`),
    }),
    { headers: { "x-accel-buffering": "no" } },
  );
});
await server.finished;
console.log("/ finished");
setTimeout(() => process.exit(), 100);
