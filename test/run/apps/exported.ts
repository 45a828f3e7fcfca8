/** A module that calls nothing: `bun FILE` and `deno serve FILE` serve its default export. */

import process from "node:process";

const made = new Response("made before anything is served");

export default {
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  // For Bun; Deno has no such thing.
  routes: { "/made": made },
  fetch(request: Request, second: { remoteAddr?: unknown; requestIP?: unknown }): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/made") return made.clone();
    return new Response(
      `${request.method} ${pathname} ${"remoteAddr" in second || "requestIP" in second}`,
    );
  },
};
