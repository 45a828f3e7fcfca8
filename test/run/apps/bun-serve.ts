/** A server with everything that Bun's documentation shows of `Bun.serve`. */

import { serve } from "bun";
import { join } from "node:path";
import process from "node:process";
import page from "./pages/index.html";

const files = join(import.meta.dirname, "files");
const port = Number(process.env.PORT ?? 0);

/** Made before the server is, as most static replies are. */
const ready = new Response("Ready", { headers: { "X-Ready": "1" } });

const server = serve({
  port,
  hostname: "127.0.0.1",
  development: false,
  id: "own",
  maxRequestBodySize: 1000,
  routes: {
    "/ready": ready,
    "/file": new Response(Bun.file(join(files, "digits.bin"))),
    "/files/*": { dir: files },
    "/page": page,

    "/users/:id": (request) => Response.json(request.params),
    "/methods": {
      POST: async (request) => Response.json({ created: true, ...await request.json() }),
    },

    "/log-in": ({ cookies }) => {
      cookies.set("user", "ada lovelace", { httpOnly: true, maxAge: 60, path: "/" });
      cookies.set("theme", "dark");
      return new Response("in", { headers: { "set-cookie": "own=1" } });
    },
    "/throw": () => {
      throw new TypeError("a detail");
    },
    "/reject": async () => {
      await Bun.sleep(1);
      throw new TypeError("a detail");
    },

    "/server": (_, server) =>
      Response.json({
        pending: server.pendingRequests,
        sockets: server.pendingWebSockets,
        id: server.id,
        development: server.development,
        protocol: server.protocol,
        href: server.url.href,
        port: server.port ?? null,
        hostname: server.hostname ?? null,
        subscribers: server.subscriberCount("x"),
        published: server.publish("x", "y"),
        idle: server.closeIdleConnections(),
      }),
    "/own-fetch": async (_, server) => {
      const texts = ["http://app.test/own?x=1", new Request("http://app.test/ready")]
        .map(async (input) => (await server.fetch(input)).text());
      return Response.json(await Promise.all(texts));
    },
    "/reload": {
      POST: (_, server) => {
        server.reload({
          routes: { "/after": new Response("reloaded"), "/back": { POST: back } },
          fetch: () => new Response("reloaded fetch"),
        });
        return new Response("done");
      },
    },
    "/quiet": (request, server) => {
      server.timeout(request, 0);
      return new Response("quiet");
    },
  },
  fetch(request, server) {
    const { pathname } = new URL(request.url);
    if (pathname === "/socket" && server.upgrade(request)) return;
    return new Response(`fetch of ${pathname}`);
  },
  error(error) {
    return new Response(`${error.name}: ${error.message}`, { status: 500 });
  },
  websocket: { message() {} },
});

const { routes, fetch } = {
  routes: { "/ready": new Response("Ready, again") },
  fetch: () => new Response("back"),
};

function back(): Response {
  server.reload({ routes, fetch });
  return new Response("done");
}
