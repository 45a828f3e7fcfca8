/** A server for each odd `maxRequestBodySize`, one after the other: `/next` goes on to the next. */

import process from "node:process";

const limits: unknown[] = [
  ...[undefined, null, 0, 1, 5, 6, 5.5, 6.5, -1, NaN, Infinity, -Infinity, 1e20, "5", ""],
  ...[true, false, {}, [], [5], 5n, Symbol("5"), new Date(5), () => 5],
];
let at = -1;

function next(): void {
  const options = {
    port: Number(process.env.PORT ?? 0),
    hostname: "127.0.0.1",
    maxRequestBodySize: limits[++at],
    async fetch(request: Request) {
      if (request.url.endsWith("/next")) {
        const last = at === limits.length - 1;
        if (!last) setTimeout(() => server.stop().then(next), 10);
        return Response.json({ at, last });
      }
      return Response.json({ at, length: (await request.text()).length });
    },
  };
  // deno-lint-ignore no-explicit-any
  const server = Bun.serve(options as any);
}

next();
