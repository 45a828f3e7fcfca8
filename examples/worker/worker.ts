/**
 * A Worker-style module: secrets and settings come in `env`, and work continues after the response.
 *
 *     API_TOKEN=secret bun src/cli.ts serve examples/worker/worker.ts \
 *       --binding GREETING=Hello --binding API_TOKEN --http 8080
 *
 * @module
 */

interface Env {
  GREETING: string;
  API_TOKEN: string;
  REMOTE_ADDR?: string;
}

interface Ctx {
  waitUntil(promise: Promise<unknown>): void;
}

const visits = new Map<string, number>();

/** Counts a visit after the response was sent, in the place of a write to a database. */
async function count(name: string): Promise<void> {
  await Promise.resolve();
  visits.set(name, (visits.get(name) ?? 0) + 1);
}

export default {
  fetch(request: Request, env: Env, ctx: Ctx): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/visits") {
      if (request.headers.get("authorization") !== `Bearer ${env.API_TOKEN}`) {
        return new Response("Unauthorized\n", { status: 401 });
      }
      return Response.json(Object.fromEntries(visits));
    }
    const name = pathname.slice(1) || "world";
    ctx.waitUntil(count(name));
    return new Response(`${env.GREETING}, ${name}\n`);
  },
};
