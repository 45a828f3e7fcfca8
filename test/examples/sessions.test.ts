/** The example with sessions: its rules, and the whole of it behind nginx. */

import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import app from "../../examples/sessions/app.ts";
import { Sessions } from "../../examples/sessions/sessions.ts";
import { serveBehind } from "../support/behind.ts";
import { describeWith } from "../support/require.ts";
import { runtimes } from "../support/server.ts";

describe("a session", () => {
  const MINUTE = 60_000;

  test("is found by its id until it ends", () => {
    const sessions = new Sessions();
    const id = sessions.begin({ name: "ada", visits: 0 });
    expect(sessions.find(id)?.name).toBe("ada");
    expect(sessions.find("another")).toBeUndefined();
    sessions.end(id);
    expect(sessions.find(id)).toBeUndefined();
  });

  test("ends after half an hour in which nobody used it", () => {
    let now = 0;
    const sessions = new Sessions(() => now);
    const id = sessions.begin({ name: "ada", visits: 0 });
    for (const later of [29, 58]) {
      now = later * MINUTE;
      expect(sessions.find(id)).toBeDefined();
    }
    now = 89 * MINUTE;
    expect(sessions.find(id)).toBeUndefined();
  });

  test("that was unused longest ends when there are too many", () => {
    const sessions = new Sessions();
    const first = sessions.begin({ name: "first", visits: 0 });
    const second = sessions.begin({ name: "second", visits: 0 });
    for (let i = 2; i < 10_000; i++) sessions.begin({ name: "other", visits: 0 });
    expect(sessions.find(first)).toBeDefined();
    sessions.begin({ name: "one more", visits: 0 });
    expect(sessions.find(first)).toBeDefined();
    expect(sessions.find(second)).toBeUndefined();
  });
});

describe("signing in", () => {
  const post = (path: string, name: string, headers: Record<string, string> = {}) =>
    app.request(`http://a.test${path}`, {
      method: "POST",
      body: new URLSearchParams({ name }),
      headers: { origin: "http://a.test", ...headers },
    }, {});
  const cookieOf = (reply: Response) => reply.headers.getSetCookie()[0]!.split(";")[0]!;
  const home = async (cookie: string, env = {}) =>
    await (await app.request("http://a.test/", { headers: { cookie } }, env)).text();

  test("shows the name, escaped, and counts", async () => {
    const cookie = cookieOf(await post("/sign-in", "<b>ada"));
    expect(await home(cookie)).toContain("Hello, &lt;b&gt;ada");
    expect(await home(cookie)).toContain("2 times");
  });

  test("sets a cookie that scripts and other sites do not get", async () => {
    const reply = await post("/sign-in", "ada");
    expect([reply.status, reply.headers.get("location")]).toEqual([303, "./"]);
    expect(reply.headers.getSetCookie()[0]).toMatch(/; HttpOnly; SameSite=Lax$/);
    const secure = await app.request("https://a.test/sign-in", {
      method: "POST",
      body: new URLSearchParams({ name: "ada" }),
      headers: { origin: "https://a.test" },
    }, {});
    expect(secure.headers.getSetCookie()[0]).toContain("; Secure");
  });

  test("makes a new id, and ends the session before", async () => {
    const first = cookieOf(await post("/sign-in", "ada"));
    const second = cookieOf(await post("/sign-in", "ada", { cookie: first }));
    expect(second).not.toBe(first);
    expect(await home(first)).toContain("Who are you?");
    expect(await home(second)).toContain("Hello, ada");
  });

  test("counts for nothing with another signature", async () => {
    const cookie = cookieOf(await post("/sign-in", "ada"));
    const [id, signature] = cookie.split(".");
    expect(await home(`${id}.AAA${signature!.slice(3)}`)).toContain("Who are you?");
    expect(await home(id!)).toContain("Who are you?");
    expect(await home(cookie, { SESSION_SECRET: "another" })).toContain("Who are you?");
  });

  test("is refused from another site, and without a name", async () => {
    expect((await post("/sign-in", "ada", { origin: "http://evil.test" })).status).toBe(403);
    expect((await post("/sign-in", " ")).status).toBe(400);
    expect((await post("/sign-in", "x".repeat(51))).status).toBe(400);
  });

  test("ends with signing out", async () => {
    const cookie = cookieOf(await post("/sign-in", "ada"));
    const reply = await post("/sign-out", "", { cookie });
    expect(reply.headers.getSetCookie()[0]).toContain("Max-Age=0");
    expect(await home(cookie)).toContain("Who are you?");
  });
});

for (const runtime of runtimes) {
  describeWith("nginx", `the example behind nginx, on ${runtime}`, () => {
    const running = serveBehind((listen, folder) => {
      const files = join(folder, "public");
      cpSync(join(import.meta.dirname, "../../examples/sessions/public"), files, {
        recursive: true,
      });
      const hash = execFileSync("openssl", ["passwd", "-apr1", "lovelace"], { encoding: "utf8" });
      writeFileSync(join(folder, "passwords"), `grace:${hash}`);
      return {
        app: { runtime, module: "examples/sessions/app.ts", listen },
        web: "nginx",
        lines: `auth_basic "sessions";
         auth_basic_user_file ${folder}/passwords;
         root ${files};
         location / { try_files $uri @app; }
         location @app {
           scgi_pass ${listen};
           include /etc/nginx/scgi_params;
           scgi_param HTTP_HOST $http_host;
           scgi_param REMOTE_USER $remote_user;
         }`,
      };
    });

    const authorization = `Basic ${btoa("grace:lovelace")}`;
    const get = (path: string, headers: Record<string, string> = {}) =>
      fetch(running().front.origin + path, { headers: { authorization, ...headers } });

    test("shows the user whom nginx let in, and nobody else", async () => {
      expect((await fetch(running().front.origin)).status).toBe(401);
      const page = await (await get("/", { "remote-user": "mallory" })).text();
      expect(page).toContain("<strong>grace</strong>");
      expect(page).not.toContain("mallory");
    });

    test("keeps a session", async () => {
      const reply = await fetch(`${running().front.origin}/sign-in`, {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams({ name: "Grace ü" }),
        headers: { authorization, origin: running().front.origin },
      });
      expect(reply.status).toBe(303);
      const cookie = reply.headers.getSetCookie()[0]!.split(";")[0]!;
      await get("/", { cookie });
      const page = await (await get("/", { cookie })).text();
      expect(page).toContain("Hello, Grace ü");
      expect(page).toContain("2 times");
    });

    test("leaves its style sheet to nginx", async () => {
      const reply = await get("/style.css");
      expect(reply.headers.get("content-type")).toBe("text/css");
      expect(await reply.text()).toContain("body {");
      expect(reply.headers.get("etag")).not.toBeNull();
    });
  });
}
