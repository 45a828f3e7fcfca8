/** Requests and whole replies through nginx. Uploads and streams have files of their own. */

import { describe, expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { exchange } from "../support/raw-http.ts";
import { describeStacks } from "../support/stack.ts";
import type { Mirror } from "./app.ts";

describeStacks("Requests and replies", { module: "test/e2e/app.ts" }, (stack) => {
  const origin = () => stack().nginx.origin;
  const mirror = async (input: string, init?: RequestInit): Promise<Mirror> =>
    (await fetch(origin() + input, init)).json();
  const raw = (...lines: string[]) =>
    exchange(stack().nginx.port, [...lines, "Connection: close", "", ""].join("\r\n"));
  const rawMirror = async (...lines: string[]): Promise<Mirror> =>
    JSON.parse(Buffer.from((await raw(...lines)).body, "latin1").toString());

  describe("a request", () => {
    test("arrives with its method, URL, headers and CGI variables", async () => {
      const seen = await mirror("/a%20b/c?d=e&f", { headers: { "x-colour": "green" } });
      expect(seen.method).toBe("GET");
      expect(seen.url).toBe(`${origin()}/a%20b/c?d=e&f`);
      expect(seen.headers["x-colour"]).toBe("green");
      expect(seen.headers.host).toBe(new URL(origin()).host);
      expect(seen.env.REMOTE_ADDR).toBe("127.0.0.1");
      expect(seen.env.SERVER_SOFTWARE).toStartWith("nginx/");
      expect(seen.env.SCGI).toBe("1");
    });

    test.each(["POST", "PUT", "PATCH", "DELETE"])("%s arrives with its body", async (method) => {
      const seen = await mirror("/", { method, body: "grüße" });
      expect(seen).toMatchObject({ method, body: "grüße" });
      expect(seen.headers["content-length"]).toBe("7");
    });

    test("with an empty body is no different from one without", async () => {
      expect(await mirror("/", { method: "POST" })).toMatchObject({ method: "POST", body: "" });
    });

    test("has repeated headers joined in their order", async () => {
      const seen = await rawMirror("GET / HTTP/1.1", "Host: a", "X-Foo: 1", "X-Foo: 2");
      expect(seen.headers["x-foo"]).toBe("1, 2");
    });

    test("has two cookie headers joined as cookies are", async () => {
      const seen = await rawMirror("GET / HTTP/1.1", "Host: a", "Cookie: one=1", "Cookie: two=2");
      expect(seen.headers.cookie).toBe("one=1; two=2");
    });

    test("has raw UTF-8 in its target percent-encoded", async () => {
      const target = Buffer.from("/café/☕?q=ü").toString("latin1");
      const seen = await rawMirror(`GET ${target} HTTP/1.1`, "Host: a");
      expect(seen.url).toBe("http://a/caf%C3%A9/%E2%98%95?q=%C3%BC");
    });

    test("keeps header values byte by byte", async () => {
      const seen = await rawMirror("GET / HTTP/1.1", "Host: a", "X-Bytes: \xe9\xff");
      expect(seen.headers["x-bytes"]).toBe("\xe9\xff");
    });

    test("for //evil.test/x stays with the host it was sent to", async () => {
      const seen = await rawMirror("GET //evil.test/x HTTP/1.1", "Host: a.test");
      expect(seen.url).toBe("http://a.test//evil.test/x");
    });

    test("for a whole URL has that URL's host, whatever Host says", async () => {
      const seen = await rawMirror("GET http://a.test/p?q HTTP/1.1", "Host: b.test:99");
      expect(seen.url).toBe("http://a.test/p?q");
    });

    test("keeps the port and the brackets of its host", async () => {
      const seen = await rawMirror("GET / HTTP/1.1", "Host: [::1]:8080");
      expect(seen.url).toBe("http://[::1]:8080/");
    });

    test("without a host is for the name of the server", async () => {
      expect((await rawMirror("GET /old HTTP/1.0")).url).toBe("http://example.com/old");
    });

    test("cannot set HTTP_PROXY", async () => {
      const seen = await mirror("/", { headers: { proxy: "http://evil.test" } });
      expect(seen.env.HTTP_PROXY).toBeUndefined();
      expect(seen.headers.proxy).toBeUndefined();
    });
  });

  describe("a reply", () => {
    test("to GET is what the handler returned", async () => {
      const reply = await fetch(`${origin()}/hello`);
      expect(reply.status).toBe(200);
      expect(reply.headers.get("content-type")).toMatch(/^text\/plain; ?charset=utf-8$/i);
      expect(await reply.text()).toBe("Hello from the other side\n");
    });

    test("to HEAD has no body, and the length that GET would have", async () => {
      const reply = await raw("HEAD /plain HTTP/1.1", "Host: a");
      expect(reply).toMatchObject({ status: 200, body: "" });
      expect(new Map(reply.headers).get("content-length")).toBe("12");
    });

    test("of Hono to HEAD, which has dropped the body, has no false length", async () => {
      const reply = await raw("HEAD /hello HTTP/1.1", "Host: a");
      expect(reply).toMatchObject({ status: 200, body: "" });
      expect(new Map(reply.headers).get("content-length")).toBeUndefined();
    });

    test("of 204 and 304 has no body", async () => {
      const empty = await raw("GET /no-content HTTP/1.1", "Host: a");
      expect(empty).toMatchObject({ status: 204, body: "" });
      const unchanged = await raw("GET /not-modified HTTP/1.1", "Host: a");
      expect(unchanged).toMatchObject({ status: 304, body: "" });
      expect(new Map(unchanged.headers).get("etag")).toBe('"one"');
    });

    test("that redirects keeps its status and Location", async () => {
      const found = await fetch(`${origin()}/redirect`, { redirect: "manual" });
      expect([found.status, found.headers.get("location")]).toEqual([302, "/x"]);
      const made = await fetch(`${origin()}/items`, { method: "POST", redirect: "manual" });
      expect([made.status, made.headers.get("location")]).toEqual([201, "/items/1"]);
      expect(await made.text()).toBe("made\n");
    });

    test("sets two cookies on two lines", async () => {
      const reply = await fetch(`${origin()}/cookies`, { headers: { cookie: "a=1; b=2" } });
      expect(reply.headers.getSetCookie()).toEqual(["one=1; Path=/", "two=2; Path=/"]);
      expect(await reply.text()).toBe("a=1; b=2");
    });

    test("and its request carry a cookie of 5 KiB", async () => {
      const cookie = `large=${"x".repeat(5 * 1024)}`;
      const reply = await fetch(`${origin()}/cookies/large`, { headers: { cookie } });
      expect(await reply.text()).toBe(String(cookie.length));
      expect(reply.headers.getSetCookie()).toEqual([`${cookie}; Path=/`]);
    });

    test.each([
      ["by one of Hono's handlers", "/throw", "a detail that is nobody's business"],
      ["past Hono", "/throw/whole", "another detail"],
    ])("to an error thrown %s is a 500 that tells the log alone", async (_, path, detail) => {
      const reply = await fetch(origin() + path);
      expect(reply.status).toBe(500);
      expect(await reply.text()).not.toContain("detail");
      await eventually(stack().server.stderr, (log) => log.includes(detail));
    });
  });

  test("200 requests at once are all in the app at the same time", async () => {
    const request = async () => (await fetch(`${origin()}/together/200`)).text();
    const replies = await Promise.all(Array.from({ length: 200 }, request));
    expect(new Set(replies)).toEqual(new Set(["one of 200\n"]));
  });

  test("nothing of this is an error to nginx", () => {
    expect(stack().nginx.errors()).toBe("");
  });
});
