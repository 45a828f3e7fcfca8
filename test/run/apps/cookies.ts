/** Routes of `Bun.serve` that change cookies, and what they do with the Responses that they keep. */

import { type BunRequest, serve, type Server, sleep } from "bun";
import process from "node:process";

const bytes = (text: string) => new TextEncoder().encode(text);

/** What the app keeps, and gives again and again. */
const kept = {
  bare: new Response(null, { status: 303 }),
  own: new Response(null, { headers: [["set-cookie", "own=1"], ["x-own", "2"]] }),
  frozen: Object.freeze(new Response(null)),
  redirect: Response.redirect("http://app.test/elsewhere"),
  error: new Response(null, { status: 418 }),
};
const shared = { headers: new Headers({ "x-shared": "1" }) };

let count = 0;
let held: BunRequest | undefined;

/** A route that sets a cookie which no other request has, and goes on. */
const counted =
  (go: (request: BunRequest) => Response | Promise<Response>) => (request: BunRequest) => {
    request.cookies.set("count", String(++count));
    return go(request);
  };

const server: Server<undefined> = serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  development: false,
  routes: {
    "/bare": counted(() => kept.bare),
    "/own": counted(() => kept.own),
    "/frozen": counted(() => kept.frozen),
    "/redirect": counted(() => kept.redirect),
    "/shared": counted(() => new Response("shared", shared)),
    "/later": counted(() => sleep(1).then(() => kept.bare)),
    "/nothing": () => kept.bare,
    "/kept": () =>
      Response.json([...Object.values(kept), shared].map(({ headers }) => [...headers])),
    "/throw": counted(() => {
      throw new Error("thrown");
    }),
    "/reject": counted(() => Promise.reject(new Error("rejected"))),
    "/throw-late": counted(() => sleep(1).then(() => Promise.reject(new Error("late")))),
    "/kept-error": counted(() => {
      throw new Error("kept");
    }),
    "/no-answer": counted(() => {
      throw new Error("none");
    }),
    "/error-response": counted(() => Response.error()),
    "/none": counted(() => new Response(null, { status: 204 })),
    "/not-modified": counted(() => new Response(null, { status: 304 })),
    "/json": counted(() => Response.json({})),
    "/long": counted(() => new Response("x".repeat(200_000))),
    "/bytes": counted(() => new Response(new Uint8Array(3))),
    "/blob": counted(() => new Response(new Blob(["a Blob"]))),
    "/order": counted(() => new Response("x", { headers: [["set-cookie", "a=1"], ["z", "1"]] })),
    "/again": ({ cookies }) => {
      cookies.set("a", "1");
      cookies.set("a", "2");
      cookies.delete("user");
      cookies.set("user", "again", { httpOnly: true });
      cookies.delete("never");
      return new Response("again");
    },
    "/in-a-microtask": ({ cookies }) => {
      cookies.set("now", "1");
      Promise.resolve().then(() => {}).then(() => {}).then(() => cookies.set("then", "1"));
      return new Response("x");
    },
    "/while-it-is-read": ({ cookies }) => {
      cookies.set("before", "1");
      const pull = async (controller: ReadableStreamDefaultController) => {
        cookies.set("during", "1");
        controller.enqueue(bytes("x"));
        await sleep(5);
        cookies.set("after", "1");
        controller.close();
      };
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
    },
    "/while-it-runs": ({ cookies }) => {
      cookies.set("before", "1");
      const run = async function* () {
        cookies.set("during", "1");
        yield "x";
      };
      return new Response(run as unknown as BodyInit);
    },
    "/hold": (request) => {
      held = request;
      request.cookies.set("held", "1");
      return new Response("held");
    },
    "/held": () => {
      held!.cookies.set("again", "1");
      return Response.json([...held!.cookies].sort());
    },
    "/clone/:id": (request) => {
      request.cookies.set("before", "1");
      const clone = request.clone() as typeof request;
      clone.cookies.set("clone", "1");
      (clone.params as { id: string }).id = "of the clone";
      return Response.json([
        [...request.cookies].sort(),
        [...clone.cookies].sort(),
        [request.params, clone.params, (clone.clone() as typeof request).params],
        clone.headers.get("x-own"),
      ]);
    },
    "/fetch": counted(async (request) => {
      const reply: Response = await server.fetch(request);
      return new Response(`${await reply.text()}, ${request.bodyUsed}, ${await request.text()}`);
    }),
    "/assign": (request) => {
      const refused = ["cookies", "params"].map((name) => {
        try {
          (request as unknown as Record<string, unknown>)[name] = {};
        } catch (error) {
          return (error as Error).name;
        }
      });
      return Response.json(refused);
    },
  },
  async fetch(request) {
    const extras = ["cookies", "params"].filter((name) => name in request);
    return new Response(`fetch: ${extras}, ${await request.text()}`);
  },
  error({ message }) {
    if (message === "none") return;
    if (message === "kept") return kept.error;
    return new Response("mended", { status: 500, headers: { "set-cookie": "mended=1" } });
  },
});
