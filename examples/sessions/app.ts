/** Signs users in with a session in a signed cookie, and shows `REMOTE_USER` of the web server. */

import { type Context, Hono } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import type { Bindings } from "scgi/hono";
import { page } from "./page.ts";
import { type Session, Sessions } from "./sessions.ts";

type Env = { Bindings: Bindings };

const COOKIE = "session";
const sessions = new Sessions();
/** The secret ends with the process, as the sessions do. */
const madeSecret: string = crypto.randomUUID();

const app: Hono<Env> = new Hono<Env>();

// Forms on other sites must not sign users in or out.
app.use(csrf());

app.get("/", async (c) => {
  const session = (await current(c))?.session;
  if (session !== undefined) session.visits++;
  c.header("cache-control", "no-store");
  // The web server has checked this user's password; a client cannot set it.
  return c.html(page({ session, remoteUser: c.env.REMOTE_USER }));
});

app.post("/sign-in", async (c) => {
  const name = String((await c.req.parseBody()).name ?? "").trim();
  if (name === "" || name.length > 50) return c.text("A name has 1 to 50 characters\n", 400);
  await end(c);
  const id = sessions.begin({ name, visits: 0 });
  await setSignedCookie(c, COOKIE, id, secret(c), cookieOptions(c));
  return c.redirect("./", 303);
});

app.post("/sign-out", async (c) => {
  await end(c);
  deleteCookie(c, COOKIE, cookieOptions(c));
  return c.redirect("./", 303);
});

/** The session of a request; undefined where the signature of the cookie does not match. */
async function current(c: Context<Env>): Promise<{ id: string; session: Session } | undefined> {
  const id = await getSignedCookie(c, secret(c), COOKIE);
  const session = id ? sessions.find(id) : undefined;
  return id && session ? { id, session } : undefined;
}

async function end(c: Context<Env>): Promise<void> {
  const found = await current(c);
  if (found !== undefined) sessions.end(found.id);
}

function secret(c: Context<Env>): string {
  return c.env.SESSION_SECRET || madeSecret;
}

function cookieOptions(c: Context<Env>): NonNullable<Parameters<typeof setSignedCookie>[4]> {
  return {
    httpOnly: true,
    sameSite: "Lax",
    secure: c.req.url.startsWith("https:"),
    // Without a Path the browser uses the folder of the page, which is correct under any mount.
    path: "",
  };
}

export default app;
