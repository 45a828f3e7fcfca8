import { createAuthClient } from "better-auth/client";

/** A client that keeps its cookies as a browser does, with what it was answered. */
function browser(side) {
  const cookies = new Map();
  const seen = [];
  const { signUp, signIn, signOut, getSession, listSessions, updateUser } = createAuthClient({
    baseURL: side.origin,
    fetchOptions: {
      customFetchImpl: async (url, init) => {
        const headers = new Headers(init.headers);
        headers.set("cookie", [...cookies].map((pair) => pair.join("=")).join("; "));
        headers.set("origin", side.origin);
        const response = await fetch(url, { ...init, headers });
        for (const line of response.headers.getSetCookie()) {
          const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
          cookies.set(name, value);
        }
        const { body, ...reply } = await side.comparable(response.clone());
        seen.push(scrubbed({ path: new URL(url).pathname, ...reply, body: shape(body) }));
        return response;
      },
    },
  });
  return { seen, signUp, signIn, signOut, getSession, listSessions, updateUser };
}

/** Cookies with their values taken off, which are drawn by chance. */
function scrubbed({ headers, ...rest }) {
  const off = (line) => line.replace(/^(set-cookie: [^=]+=)[^;]{20,}/, "$1…");
  return { ...rest, headers: headers.map(off) };
}

/** JSON with the kinds of what is drawn by chance. */
function shape(body) {
  if (!body.startsWith("{") && !body.startsWith("[")) return body;
  const secret = /^(?:id|token|userId|createdAt|updatedAt|expiresAt)$/;
  return JSON.parse(body, (key, value) => secret.test(key) ? typeof value : value);
}

const user = (name) => ({ email: `${name}@app.test`, password: "correct horse", name });

export const client = {
  async "a user signs up, out and in again"(side) {
    const { seen, ...auth } = browser(side);
    await auth.signUp.email(user("ada"));
    await auth.getSession();
    await auth.signOut();
    await auth.getSession();
    await auth.signIn.email(user("ada"));
    await auth.updateUser({ name: "Ada Lovelace" });
    await auth.listSessions();
    return seen;
  },
  async "a wrong password is refused"(side) {
    const { seen, ...auth } = browser(side);
    await auth.signUp.email(user("bob"));
    await auth.signIn.email({ ...user("bob"), password: "wrong horse!" });
    await auth.signUp.email(user("bob"));
    return seen;
  },
  "a form without a body is refused": (side) =>
    side.ask("/api/auth/sign-in/email", { method: "POST", headers: { origin: side.origin } }),
  "another site is refused": (side) =>
    side.ask("/api/auth/sign-in/email", {
      method: "POST",
      headers: {
        origin: "http://foe.test",
        cookie: "a=b",
        "content-type": "application/json",
      },
      body: '{"email":"ada@app.test","password":"correct horse"}',
    }),
  "that it runs is told": (side) => side.ask("/api/auth/ok"),
  "an unknown path is refused": (side) => side.ask("/api/auth/none"),
};
