/** Refuses what the pages of other sites send. */

import type { MiddlewareHandler } from "hono";

/** Lets a request pass that is of no page, or of a page of this host. */
export const ownPage: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header("origin");
  // No CORS protects a WebSocket or a form, and cookies come along. The name alone is compared: web
  // servers may leave out the port, and end TLS.
  if (origin !== undefined && hostname(origin) !== hostname(c.req.url)) {
    return c.text(`A page of ${origin} is not of this host.`, 403);
  }
  return await next();
};

/** The host of a URL; undefined for the origin `null`, which sandboxed pages have. */
function hostname(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
