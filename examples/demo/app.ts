/** The demo: a Hono app that shows its request over SCGI, and sends responses of many kinds. */

import { Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { streamSSE } from "hono/streaming";
import { digest } from "./digest.ts";
import { errorPage, missingPage } from "./message.ts";
import { homePage } from "./page.ts";
import { type DemoEnv, policy } from "./policy.ts";

const app: Hono<DemoEnv> = new Hono<DemoEnv>();

app.use(policy);

app.get("/", (c) => {
  const visits = visitsSoFar(getCookie(c, "visits")) + 1;
  setCookie(c, "visits", String(visits), cookieOptions(c.req.url));
  return c.html(homePage({ request: c.req.raw, env: c.env ?? {}, visits, nonce: c.get("nonce") }));
});

app.post("/reset", (c) => {
  setCookie(c, "visits", "0", cookieOptions(c.req.url));
  return c.redirect("./", 303);
});

app.get("/clock", (c) =>
  streamSSE(c, async (stream) => {
    while (!stream.aborted) {
      await stream.writeSSE({ data: new Date().toISOString(), retry: 1000 });
      // Just past the next full second, so that the clock shows every second once.
      await stream.sleep(1005 - Date.now() % 1000);
    }
  }));

app.post("/upload", async (c) => c.json(await digest(c.req.raw.body)));

app.get("/error", () => {
  throw new Error("the demo was asked for its error page");
});

app.notFound((c) => c.html(missingPage(c.req.url, c.get("nonce")), 404));

app.onError((error, c) => {
  // The server answers a cut upload (408) or drops it: the app did not fail.
  if (c.req.raw.signal.aborted) throw error;
  console.error(error);
  return c.html(errorPage(c.req.url, c.get("nonce")), 500);
});

function visitsSoFar(cookie: string | undefined): number {
  return cookie !== undefined && /^\d{1,9}$/.test(cookie) ? Number(cookie) : 0;
}

function cookieOptions(url: string): NonNullable<Parameters<typeof setCookie>[3]> {
  return {
    httpOnly: true,
    sameSite: "Lax",
    secure: url.startsWith("https:"),
    maxAge: 30 * 24 * 60 * 60,
    // Without a Path the browser uses the folder of the page, which is correct under any mount.
    path: "",
  };
}

export default app;
