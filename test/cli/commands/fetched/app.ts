/** An app that `scgi fetch` asks with no server. It holds its process, as one with a database does. */

import { setTimeout as sleep } from "node:timers/promises";
import type { HandlerContext } from "../../../../src/mod.ts";

setInterval(() => {}, 60_000);
const made = new Response("made at the start\n");

export default {
  async fetch(request: Request, env: Record<string, unknown>, ctx: HandlerContext) {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case "/made":
        return made;
      case "/work":
        ctx.waitUntil(sleep(20).then(() => console.error("the work is done")));
        return new Response("hello\n");
      case "/throw":
        throw new Error("it fails");
      case "/never":
        return await new Promise<Response>(() => {});
      case "/stream":
        return new Response(
          new ReadableStream({
            async start(controller) {
              controller.enqueue(new TextEncoder().encode("first\n"));
              await sleep(5);
              controller.enqueue(new TextEncoder().encode("second\n"));
              controller.close();
            },
          }),
        );
      case "/missing":
        return new Response("the page\n", { status: 404 });
    }
    const { method, url, headers } = request;
    const { REMOTE_USER, SERVER_SOFTWARE } = env;
    const fields = Object.fromEntries(headers);
    return Response.json({
      ...{ method, url, fields, env: { REMOTE_USER, SERVER_SOFTWARE } },
      body: await request.text(),
    });
  },
};
