/**
 * A server for Deno, as in its documentation, without a trace of SCGI:
 *
 *     deno run --allow-net examples/unchanged/deno.ts
 *     deno run -A src/cli.ts run --listen 127.0.0.1:4000 examples/unchanged/deno.ts
 *
 * @module
 */

Deno.serve({ port: 3000 }, (request, { remoteAddr, completed }) => {
  const { pathname } = new URL(request.url);
  completed.then(() => console.log(`${request.method} ${pathname}`));
  return new Response(`Hello, ${(remoteAddr as Deno.NetAddr).hostname}`);
});
