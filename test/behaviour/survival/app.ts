/** Serves bodies and answers that could end a process. Runs on Bun, Deno and Node. */

import { answers } from "./answers.ts";
import { bodies } from "./bodies.ts";

const count = { open: 0 };

export default {
  fetch(request: Request, _env: unknown, ctx: { waitUntil(work: unknown): void }): Response {
    const { pathname, searchParams } = new URL(request.url);
    const [, kind = "", name = ""] = pathname.split("/").map(decodeURIComponent);
    if (kind === "open") return Response.json(count.open);
    if (kind === "answers") return answers[name]!() as Response;
    if (kind === "work") {
      for (const work of [1, null, undefined, Symbol(), {}, { then: 1 }, Promise.reject(1)]) {
        ctx.waitUntil(work);
      }
      ctx.waitUntil({
        then() {
          throw new Error("It fails");
        },
      });
    }
    if (kind !== "bodies") return new Response("Hello\n");
    const headers = Object.fromEntries(searchParams);
    // On Bun a signal is made when it is asked for.
    const { signal } = request;
    return new Response(bodies[name]!({ signal, count }) as BodyInit, { headers });
  },
};
