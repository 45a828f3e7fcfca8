/** The app that this suite's servers serve. Runs on Bun and on Deno. */

import type { HandlerContext } from "../../src/server/handler.ts";
import { abortRoutes } from "./routes/abort.ts";
import { bodyRoutes } from "./routes/body.ts";
import { failureRoutes } from "./routes/failure.ts";
import { replyRoutes } from "./routes/reply.ts";
import { type Routes, seen } from "./routes/seen.ts";

const routes: Routes = {
  hello: () => new Response("Hello\n"),
  /** Writes a word to stderr. */
  say: ({ words: [text = ""] }) => {
    console.error(text);
    return new Response("said\n");
  },
  seen: ({ words: [id = ""] }) => Response.json(seen(id)),
  ...abortRoutes,
  ...bodyRoutes,
  ...failureRoutes,
  ...replyRoutes,
};

export default {
  fetch(
    request: Request,
    env: Record<string, unknown>,
    ctx: HandlerContext,
  ): Response | Promise<Response> {
    const { pathname, searchParams: query } = new URL(request.url);
    const [name = "", ...words] = pathname.slice(1).split("/");
    const route = routes[name];
    if (route === undefined) return new Response(`There is no ${name}\n`, { status: 404 });
    return route({ request, words, query, env, ctx });
  },
};
