/** Whole replies through the web servers. */

import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { describeStacks } from "../support/stack.ts";
import { client, header } from "./client.ts";
import { features } from "./feature.ts";

describeStacks("A reply", { module: "test/e2e/app.ts" }, (stack, on) => {
  const { ask, raw, get } = client(stack);
  const feature = features(on);

  test("to GET is what the handler returned", async () => {
    const reply = await ask("/hello");
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toMatch(/^text\/plain; ?charset=utf-8$/i);
    expect(await reply.text()).toBe("Hello from the other side\n");
  });

  feature(
    "`HEAD` with the length that `GET` would have",
    "to HEAD has no body, and the length that GET would have",
    async () => {
      const reply = await raw("HEAD /plain HTTP/1.1", "Host: a");
      expect(reply).toMatchObject({ status: 200, body: "" });
      expect(header(reply, "content-length")).toBe("12");
    },
    on.web === "apache" && {
      does: "omits the `Content-Length` of a response without a body",
      test: async () => {
        const reply = await raw("HEAD /plain HTTP/1.1", "Host: a");
        expect(reply).toMatchObject({ status: 200, body: "" });
        expect(header(reply, "content-length")).toBeUndefined();
      },
    },
  );

  test("of Hono to HEAD, which has dropped the body, has no false length", async () => {
    const reply = await raw("HEAD /hello HTTP/1.1", "Host: a");
    expect(reply).toMatchObject({ status: 200, body: "" });
    expect(header(reply, "content-length")).toBeUndefined();
  });

  feature("`204` and `304` without a body", "of 204 and 304 has no body", async () => {
    expect(await get("/no-content")).toMatchObject({ status: 204, body: "" });
    const unchanged = await get("/not-modified");
    expect(unchanged).toMatchObject({ status: 304, body: "" });
    expect(header(unchanged, "etag")).toBe('"one"');
  });

  feature(
    "Redirects, and `201` and `200` with a local `Location`",
    "that has a Location keeps its status and is asked for once",
    async () => {
      const found = await ask("/redirect", { redirect: "manual" });
      expect([found.status, found.headers.get("location")]).toEqual([302, "/x"]);
      const made = await ask("/items", { method: "POST", redirect: "manual" });
      expect([made.status, made.headers.get("location")]).toEqual([201, "/items/1"]);
      expect(await made.text()).toBe("made\n");
      for (const status of [301, 307, 308]) {
        const reply = await get(`/local/${status}`);
        expect(reply).toMatchObject({ status, body: "1\n" });
        expect(header(reply, "location")).toBe("/elsewhere");
      }
      const local = await get("/local/200");
      expect(local).toMatchObject({ status: 200, body: "1\n" });
      expect(header(local, "location")).toBe("http://a/elsewhere");
    },
  );

  feature("Several `Set-Cookie`", "sets two cookies on two lines", async () => {
    const reply = await ask("/cookies", { headers: { cookie: "a=1; b=2" } });
    expect(reply.headers.getSetCookie()).toEqual(["one=1; Path=/", "two=2; Path=/"]);
    expect(await reply.text()).toBe("a=1; b=2");
  });

  test.each([299, 404, 418, 429, 451, 503, 599])("of status %d keeps it", async (status) => {
    expect(await get(`/status/${status}/So`)).toMatchObject({ status, body: "so\n" });
  });

  feature(
    "The reason phrase after a status",
    "keeps the text after its status",
    async () => expect((await get("/status/404/Nobody%20here")).reason).toBe("Nobody here"),
    on.web === "lighttpd" && {
      does: "writes its own phrase, and no phrase for a status that it does not know",
      test: async () => {
        expect((await get("/status/404/Nobody%20here")).reason).toBe("Not Found");
        expect((await get("/status/299/So")).reason).toBe("");
      },
    },
  );

  test("is never an interim one: a handler's 101 is a 500", async () => {
    const upgrade = ["Connection: upgrade", "Upgrade: websocket"];
    const reply = await raw("GET /upgrade HTTP/1.1", "Host: a", ...upgrade);
    expect(reply.status).toBe(500);
  });

  // Debian's Apache would compress text, and a range of that is another.
  const part = { headers: { range: "bytes=10-14", "accept-encoding": "identity" } };
  feature("Range requests answered by the app", "to a Range can be a part", async () => {
    const reply = await ask("/digits", part);
    expect(reply.status).toBe(206);
    expect(reply.headers.get("content-range")).toBe("bytes 10-14/100");
    expect(await reply.text()).toBe("01234");
  });
  feature(
    "Responses stay whole when the request has a `Range`",
    "to a Range can be whole",
    async () => {
      const reply = await ask("/digits/whole", part);
      expect([reply.status, (await reply.text()).length]).toEqual([200, 100]);
    },
    on.web === "lighttpd" && {
      does: "cuts the range out of the response and answers 206",
      test: async () => {
        const reply = await ask("/digits/whole", part);
        expect([reply.status, await reply.text()]).toEqual([206, "01234"]);
      },
    },
  );

  test.each([
    ["by one of Hono's handlers", "/throw", "a detail that is nobody's business"],
    ["past Hono", "/throw/whole", "another detail"],
  ])("to an error thrown %s is a 500 that tells the log alone", async (_, path, detail) => {
    const reply = await ask(path);
    expect(reply.status).toBe(500);
    expect(await reply.text()).not.toContain("detail");
    await eventually(stack().server.stderr, (log) => log.includes(detail));
  });

  test(`leaves no line in the error log of ${on.web}`, () => {
    expect(stack().web.errors()).toEqual([]);
  });
});
