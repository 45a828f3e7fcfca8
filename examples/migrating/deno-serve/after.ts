/**
 * The same handler, for `scgi serve`: on Deno, and on Bun.
 *
 *     deno run -A src/cli.ts serve examples/migrating/deno-serve/after.ts --http 8080
 *
 * @module
 */

import type { HandlerContext } from "scgi";

interface Env {
  REMOTE_ADDR: string;
}

export default {
  fetch(request: Request, env: Env, ctx: HandlerContext): Response {
    const { pathname } = new URL(request.url);
    ctx.completed.then(() => console.log(`${request.method} ${pathname}`), () => {});
    if (pathname === "/") return new Response(`Hello, ${env.REMOTE_ADDR}\n`);
    return new Response("Not found\n", { status: 404 });
  },
};
