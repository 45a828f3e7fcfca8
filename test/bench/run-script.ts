/** A script for `Bun.serve` with each kind of route, run by `bun` and by `scgi run`. */

import process from "node:process";
import { TEXT } from "./scenarios.ts";

const { Bun } = globalThis as unknown as { Bun: { serve(options: object): void } };

Bun.serve({
  unix: process.argv[2]!,
  routes: {
    "/static": new Response(TEXT),
    "/hello/:name": ({ params }: { params: { name: string } }) =>
      new Response(`Hello ${params.name}\n`),
  },
  fetch: () => new Response(TEXT),
});
