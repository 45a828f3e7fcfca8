/**
 * The demo: a Hono app that shows its request over SCGI, sends responses of many kinds, and has a
 * board that all visitors draw on.
 */

import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie, setCookie } from "hono/cookie";
import { streamSSE } from "hono/streaming";
import { ScgiError } from "scgi";
import { upgradeWebSocket } from "scgi/hono";
import { Board } from "./board.ts";
import { digest } from "./digest.ts";
import { noWebSocket } from "./front.ts";
import { errorPage, hashPage, missingPage, tooLargePage } from "./message.ts";
import { ownPage } from "./own-page.ts";
import { homePage } from "./page.ts";
import { type DemoEnv, policy } from "./policy.ts";
import { MOST_BYTES } from "./stroke.ts";

const app: Hono<DemoEnv> = new Hono<DemoEnv>();
const board = new Board();

app.use(policy);

app.get("/", (c) => {
  const visits = visitsSoFar(getCookie(c, "visits")) + 1;
  setCookie(c, "visits", String(visits), cookieOptions(c.req.url));
  return c.html(
    homePage({ request: c.req.raw, env: c.env ?? {}, visits, board, nonce: c.get("nonce") }),
  );
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

// Without JavaScript the browser wraps the file in a form, which is kept in memory until it is whole.
const formLimit = bodyLimit({
  maxSize: 16 * 1_048_576,
  onError: (c) => c.html(tooLargePage(c.req.url, c.get("nonce")), 413),
});

app.post("/upload/form", formLimit, async (c) => {
  const { file } = await c.req.parseBody();
  if (!(file instanceof File)) return c.redirect("../", 303);
  return c.html(hashPage(await digest(file.stream()), c.req.url, c.get("nonce")));
});

app.get(
  "/board",
  ownPage,
  upgradeWebSocket(() => board.visitor(), { maxPayloadLength: MOST_BYTES }),
);

// Asked by a page whose WebSocket failed: this request came through all the same.
app.post("/board", ownPage, (c) => c.text(noWebSocket(c.env ?? {}), 501));

app.post("/wipe", ownPage, (c) => {
  board.wipe();
  return c.redirect("./", 303);
});

app.get("/error", () => {
  throw new Error("the demo was asked for its error page");
});

app.notFound((c) => c.html(missingPage(c.req.url, c.get("nonce")), 404));

app.onError((error, c) => {
  // The app did not fail: the server answers a cut upload (408) or drops it, and refuses a WebSocket.
  if (c.req.raw.signal.aborted || error instanceof ScgiError) throw error;
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
