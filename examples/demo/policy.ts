/** What every answer tells the browser: keep nothing, load nothing but this page's own parts. */

import type { MiddlewareHandler } from "hono";

/** The demo's Hono environment: CGI variables (and bindings) in, a nonce for each request. */
export type DemoEnv = {
  Bindings: Record<string, unknown>;
  Variables: { nonce: string };
};

/** Sets the security headers, and the nonce that the page's one style and one script carry. */
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
  c.header("Referrer-Policy", "no-referrer");
  c.header("Cache-Control", "no-store");
  await next();
};
