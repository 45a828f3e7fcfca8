/** A Hono app that routes on its own paths, for a mount that the server takes off. */

import { type Context, Hono } from "hono";

/** What it answers with. */
export interface Mounted {
  route: string;
  url: string;
  name: string | undefined;
  script: string | undefined;
  info: string | undefined;
}

type Env = { Bindings: Record<string, string | undefined> };

/** Its routes, on an app or below the base path of one. */
export function routed(app: Hono<Env>): Hono<Env> {
  const answer = (route: string) => (c: Context<Env>) =>
    c.json(
      {
        route,
        url: c.req.url,
        name: c.req.param("name"),
        script: c.env.SCRIPT_NAME,
        info: c.env.PATH_INFO,
      } satisfies Mounted,
    );
  app.get("/", answer("home"));
  app.get("/files/:name", answer("file"));
  app.get("/away", (c) => c.redirect("/login"));
  return app;
}

export default routed(new Hono<Env>());
