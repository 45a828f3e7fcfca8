/** Requests through the web servers. Uploads have a file of their own. */

import { expect, test } from "bun:test";
import { describeStacks } from "../support/stack.ts";
import { client } from "./client.ts";
import { features } from "./feature.ts";

const software = { nginx: /^nginx\/\d/, lighttpd: /^lighttpd\/\d/, apache: /^Apache\/\d/ };

describeStacks("A request", { module: "test/e2e/app.ts" }, (stack, on) => {
  const { origin, ask, mirror, rawMirror, raw } = client(stack);
  const feature = features(on);

  feature(
    "The whole request: method, URL, headers, CGI variables",
    "arrives with its method, URL, headers and CGI variables",
    async () => {
      const seen = await mirror("/a%20b/c?d=e&f", { headers: { "x-colour": "green" } });
      expect(seen.method).toBe("GET");
      expect(seen.url).toBe(`${origin()}/a%20b/c?d=e&f`);
      expect(seen.headers["x-colour"]).toBe("green");
      expect(seen.headers.host).toBe(new URL(origin()).host);
      expect(seen.env).toMatchObject({ REMOTE_ADDR: "127.0.0.1", SCGI: "1" });
      expect(seen.env.SERVER_SOFTWARE).toMatch(software[on.web]);
    },
  );

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

  const cookies = ["GET / HTTP/1.1", "Host: a", "Cookie: one=1", "Cookie: two=2"];
  feature(
    "Two `Cookie` headers joined as cookies",
    "has two cookie headers joined as cookies are",
    async () => expect((await rawMirror(...cookies)).headers.cookie).toBe("one=1; two=2"),
    on.web === "apache" && {
      does: "joins them with a comma, like other fields (browsers send a single `Cookie`)",
      test: async () => expect((await rawMirror(...cookies)).headers.cookie).toBe("one=1, two=2"),
    },
  );

  test("has raw UTF-8 in its target percent-encoded", async () => {
    const target = Buffer.from("/café/☕?q=ü").toString("latin1");
    const seen = await rawMirror(`GET ${target} HTTP/1.1`, "Host: a");
    expect(seen.url).toBe("http://a/caf%C3%A9/%E2%98%95?q=%C3%BC");
  });

  test("keeps the escapes of its path", async () => {
    const path = "/a%2Fb%20c/%7Ed";
    expect((await mirror(path)).url).toBe(`${origin()}${path}`);
  });

  test("keeps header values byte by byte", async () => {
    const seen = await rawMirror("GET / HTTP/1.1", "Host: a", "X-Bytes: \xe9\xff");
    expect(seen.headers["x-bytes"]).toBe("\xe9\xff");
  });

  test("for //evil.test/x stays with the host it was sent to", async () => {
    const seen = await rawMirror("GET //evil.test/x HTTP/1.1", "Host: a.test");
    expect(seen.url).toBe("http://a.test//evil.test/x");
  });

  const whole = ["GET http://a.test/p?q HTTP/1.1", "Host: b.test:99"];
  if (on.web === "lighttpd") {
    test("for a whole URL of another host than Host says is refused", async () => {
      expect((await raw(...whole)).status).toBe(400);
    });
  } else {
    test("for a whole URL has that URL's host, whatever Host says", async () => {
      expect((await rawMirror(...whole)).url).toBe("http://a.test/p?q");
    });
  }

  test("keeps the port and the brackets of its host", async () => {
    const seen = await rawMirror("GET / HTTP/1.1", "Host: [::1]:8080");
    expect(seen.url).toBe("http://[::1]:8080/");
  });

  test("without a host is for the name of the server", async () => {
    const { url } = await rawMirror("GET /old HTTP/1.0");
    expect(new URL(url).hostname).toBe("example.com");
  });

  test("cannot set HTTP_PROXY", async () => {
    const seen = await mirror("/", { headers: { proxy: "http://evil.test" } });
    expect(seen.env.HTTP_PROXY).toBeUndefined();
    expect(seen.headers.proxy).toBeUndefined();
  });

  feature("A cookie of 5 KiB, both ways", "and its reply carry a cookie of 5 KiB", async () => {
    const cookie = `large=${"x".repeat(5 * 1024)}`;
    const reply = await ask("/cookies/large", { headers: { cookie } });
    expect(await reply.text()).toBe(String(cookie.length));
    expect(reply.headers.getSetCookie()).toEqual([`${cookie}; Path=/`]);
  });

  // Debian's Apache works at 150 requests at a time.
  const count = on.web === "apache" ? 100 : 200;
  test(`is one of ${count} that are all in the app at the same time`, async () => {
    const request = async () => (await ask(`/together/${count}`)).text();
    const replies = await Promise.all(Array.from({ length: count }, request));
    expect(new Set(replies)).toEqual(new Set([`one of ${count}\n`]));
  });

  test(`leaves no line in the error log of ${on.web}`, () => {
    expect(stack().web.errors()).toEqual([]);
  });
});
