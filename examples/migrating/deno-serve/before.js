/**
 * A script that calls `Deno.serve`, and reads the client address and the delivery of responses.
 *
 *     deno run --allow-net examples/migrating/deno-serve/before.js
 *
 * @module
 */

const stop = new AbortController();
Deno.addSignalListener("SIGTERM", () => stop.abort());

Deno.serve({ hostname: "127.0.0.1", port: 3000, signal: stop.signal }, (request, info) => {
  const { pathname } = new URL(request.url);
  info.completed.then(() => console.log(`${request.method} ${pathname}`));
  if (pathname === "/") return new Response(`Hello, ${info.remoteAddr.hostname}\n`);
  return new Response("Not found\n", { status: 404 });
});
