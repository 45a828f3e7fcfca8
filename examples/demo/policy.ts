/** The security headers of every response: no caching, and no content but the page's own. */

import type { MiddlewareHandler } from "hono";

/** The demo's Hono environment: CGI variables and bindings, and a nonce for each request. */
export type DemoEnv = {
  Bindings: Record<string, unknown>;
  Variables: { nonce: string };
};

/** Sets the security headers, and the nonce of the page's style and script. */
export const policy: MiddlewareHandler<DemoEnv> = async (c, next) => {
  const nonce = crypto.randomUUID();
  c.set("nonce", nonce);
  c.header(
    "Content-Security-Policy",
    [
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      `script-src 'nonce-${nonce}'`,
      "img-src data:",
      "connect-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  );
  c.header("X-Content-Type-Options", "nosniff");
  // Of forms, browsers name the origin only to those who may know the referrer.
  c.header("Referrer-Policy", "same-origin");
  c.header("Cache-Control", "no-store");
  await next();
};
