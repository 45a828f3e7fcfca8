/** An app that tells what arrived, answers nginx's auth_request, and hands files over. */

import { sendFile } from "../../src/mod.ts";

/** What arrived. */
export interface Seen {
  method: string;
  path: string;
  body: string;
  /** Length of the cookie. */
  cookie: number | undefined;
}

export default {
  async fetch(request: Request, env: Record<string, string>): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    if (pathname.endsWith("/auth")) {
      const original = request.headers.get("x-original-uri") ?? "";
      const body = await request.text();
      const asked = request.method === "GET" && body === "";
      return new Response(null, { status: asked && !original.includes("secret") ? 204 : 403 });
    }
    const file = /\/handed-over\/(.+)$/.exec(pathname)?.[1];
    if (file !== undefined) return sendFile(file, { root: env.FILES!, env });
    return Response.json({
      method: request.method,
      path: pathname + search,
      body: await request.text(),
      cookie: request.headers.get("cookie")?.length,
    });
  },
};
