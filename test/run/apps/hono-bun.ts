/** The Hono app as Hono's documentation has it on Bun. */

import process from "node:process";
import { getConnInfo, serveStatic } from "hono/bun";
import { makeApp } from "./hono.ts";

const app = makeApp<Bun.Server<undefined>>({ getConnInfo, serveStatic });

app.get("/server", (c) => {
  c.env.timeout(c.req.raw, 60);
  return c.json({
    address: c.env.requestIP(c.req.raw)?.address,
    busy: c.env.pendingRequests > 0,
    protocol: c.env.protocol,
  });
});

export default { port: process.env.PORT, hostname: "127.0.0.1", fetch: app.fetch };
