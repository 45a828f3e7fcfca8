/**
 * Says which backend answers what, to see how requests are shared out, and what becomes of them
 * when a backend dies.
 *
 *     bun src/cli.ts serve examples/cluster/app.ts --listen 127.0.0.2:4000 --binding BACKEND=a
 *
 * @module
 */

interface Env {
  BACKEND: string;
}

/** The longest that a request can ask to take, in milliseconds. */
const LONGEST_MS = 10_000;

/** How many requests of each method have begun here. */
const begun: Record<string, number> = {};

export default {
  async fetch(request: Request, { BACKEND }: Env): Promise<Response> {
    const { pathname, search, searchParams } = new URL(request.url);
    if (pathname === "/begun") return Response.json(begun);
    begun[request.method] = (begun[request.method] ?? 0) + 1;
    // What a database would take.
    const wait = Math.min(Number(searchParams.get("wait") ?? 0), LONGEST_MS);
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return new Response(`${BACKEND}: ${request.method} ${pathname}${search}\n`);
  },
};
