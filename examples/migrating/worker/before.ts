/** A Worker with a secret, a KV namespace, `request.cf`, and work after the response. */

/** The part of a KV namespace that the Worker uses. */
export interface Store {
  get(key: string): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}

export interface Env {
  API_TOKEN: string;
  VISITS: Store;
}

interface Ctx {
  waitUntil(promise: Promise<unknown>): void;
}

async function count({ VISITS }: Env, name: string): Promise<void> {
  await VISITS.put(name, String(Number(await VISITS.get(name)) + 1));
}

export default {
  async fetch(request: Request, env: Env, ctx: Ctx): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/visits/")) {
      if (request.headers.get("authorization") !== `Bearer ${env.API_TOKEN}`) {
        return new Response("Unauthorized\n", { status: 401 });
      }
      return new Response(`${await env.VISITS.get(pathname.slice(8)) ?? "0"}\n`);
    }
    const name = pathname.slice(1) || "world";
    const { country = "somewhere" } = (request as { cf?: { country?: string } }).cf ?? {};
    ctx.waitUntil(count(env, name));
    return new Response(`Hello, ${name} from ${country}\n`);
  },
};
