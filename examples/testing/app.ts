/** A guest book for the users that the web server knows. Its mail goes out after the response. */

import type { App, HandlerEnv } from "scgi";

/** The bindings. */
interface Env extends HandlerEnv {
  mail: (to: string) => Promise<void>;
}

export default {
  fetch(request, { REMOTE_USER: user, mail }, ctx): Response {
    const { pathname } = new URL(request.url);
    if (pathname !== "/guests") return new Response("Not found\n", { status: 404 });
    if (user === undefined) return new Response("Who are you?\n", { status: 403 });
    if (request.method === "POST") ctx.waitUntil(mail(user));
    return new Response(`Welcome, ${user}\n`);
  },
} satisfies App<Env>;
