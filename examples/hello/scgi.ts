/**
 * The smallest server: a handler on 127.0.0.1:4000. Its only import is this package.
 *
 *     deno run --allow-net=127.0.0.1:4000 examples/hello/scgi.ts
 *     bun examples/hello/scgi.ts
 *
 * @module
 */

import { serve } from "scgi";

const server = serve(
  (request) => new Response(`Hello over SCGI: ${new URL(request.url).pathname}\n`),
  { port: 4000 },
);

await server.ready;
console.log("Listening on 127.0.0.1:4000 (SCGI)");
