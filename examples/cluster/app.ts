/**
 * Names the backend in every response, which shows the distribution of requests, and their fate
 * when a backend dies.
 *
 *     bun src/cli.ts serve examples/cluster/app.ts --listen 127.0.0.2:4000 --binding BACKEND=a
 *
 * @module
 */

interface Env {
  BACKEND: string;
}

/** The longest delay that a request can ask for, in milliseconds. */
const LONGEST_MS = 10_000;

/** Requests that have begun in this process, by method. */
const begun: Record<string, number> = {};

export default {
  async fetch(request: Request, { BACKEND }: Env): Promise<Response> {
    const { pathname, search, searchParams } = new URL(request.url);
    if (pathname === "/begun") return Response.json(begun);
    begun[request.method] = (begun[request.method] ?? 0) + 1;
    // Stands for the time of a database.
    const wait = Math.min(Number(searchParams.get("wait") ?? 0), LONGEST_MS);
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return new Response(`${BACKEND}: ${request.method} ${pathname}${search}\n`);
  },
};
