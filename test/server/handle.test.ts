/** A handler called with no socket: what it is given, and what never reaches it. */

import { describe, expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { ScgiError } from "../../src/errors.ts";
import type { HandlerContext } from "../../src/server/handler.ts";
import { anyText, mutatedRequest } from "../support/arbitrary-request.ts";
import { type Call, call } from "../support/call.ts";
import { frame, request } from "../support/wire.ts";

test("the specification's example is answered", async () => {
  const wire =
    "70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0," +
    "What is the answer to life?";
  const reply = await call(async (request) => {
    expect(request.method).toBe("POST");
    expect(request.url).toBe("http://localhost/deepthought");
    expect(await request.text()).toBe("What is the answer to life?");
    return new Response("42", { headers: { "content-type": "text/plain" } });
  }, { wire });
  expect(reply).toEqual({
    status: "200 OK",
    headers: ["content-type: text/plain", "content-length: 2"],
    body: "42",
    errors: [],
  });
});

describe("the app", () => {
  test("may be a function, or an object with a fetch method, which is called on it", async () => {
    const app = {
      greeting: "hello",
      fetch() {
        return new Response(this.greeting);
      },
    };
    expect((await call(app)).body).toBe("hello");
    expect((await call(() => new Response("hi"))).body).toBe("hi");
  });

  test("may give its Response at once or later", async () => {
    expect((await call(() => new Response("now"))).body).toBe("now");
    expect(
      (await call(async () => {
        await sleep(5);
        return new Response("later");
      })).body,
    ).toBe("later");
  });

  test("that is neither is refused", async () => {
    for (const app of [{}, null, undefined, "app", { fetch: 1 }]) {
      await expect(call(app as never)).rejects.toThrow(ScgiError);
    }
  });
});

describe("the handler is given", () => {
  async function given(options: Call): Promise<[Request, Record<string, unknown>, HandlerContext]> {
    let all: unknown[] = [];
    await call((...args: unknown[]) => {
      all = args;
      return new Response();
    }, options);
    return all as never;
  }

  test("a Request, as the mapping's options have it", async () => {
    const [request] = await given({ uri: "/app/x?y", stripPrefix: "/app" });
    expect(request).toBeInstanceOf(Request);
    expect(request.url).toBe("http://h/x?y");
    const [other] = await given({ variables: { PATH_INFO: "/info" }, urlFrom: "path-info" });
    expect(other.url).toBe("http://h/info");
  });

  test("env with the variables and the bindings, and nothing inherited", async () => {
    const [, env] = await given({ variables: { A: "\xc3\xa9" }, bindings: { B: 1 } });
    expect(env.A).toBe("é");
    expect(env.B).toBe(1);
    expect(env.CONTENT_LENGTH).toBe("0");
    expect("toString" in env).toBe(false);
  });

  test("waitUntil and passThroughOnException, which work taken off the object", async () => {
    const [, , { waitUntil, passThroughOnException }] = await given({});
    waitUntil(Promise.resolve());
    passThroughOnException();
  });

  test("completed, which resolves when the reply was written whole", async () => {
    const [, , ctx] = await given({});
    expect(await ctx.completed).toBeUndefined();
  });

  test("a signal that no reply aborts", async () => {
    const [{ signal }, , ctx] = await given({ method: "POST", body: "x" });
    await ctx.completed;
    expect(signal.aborted).toBe(false);
  });
});

test("what the handler does to its env changes nothing of its request", async () => {
  const pairs = ["REQUEST_METHOD", "POST", "CONTENT_TYPE", "text/plain", "HTTP_X", "1"];
  for (const method of ["GET", "POST"]) {
    const app = (request: Request, env: Record<string, unknown>) => {
      delete env.CONTENT_TYPE;
      env.HTTP_X = { an: "object" };
      env.HTTP_Y = "2";
      env.REQUEST_METHOD = "PUT";
      return Response.json([request.method, ...request.headers]);
    };
    const wire = request(["REQUEST_METHOD", method, ...pairs.slice(2)]);
    const { body, errors } = await call(app, { wire });
    expect(errors).toEqual([]);
    expect(body).toContain(`["${method}",`);
    expect(body).toContain('["content-type","text/plain"]');
    expect(body).toContain('["x","1"]');
    expect(body).not.toContain('"y"');
  }
});

test("a rejection that waitUntil was given is reported, and changes nothing", async () => {
  const reason = new Error("later");
  const reported: unknown[] = [];
  const reply = await call((_, __, ctx) => {
    ctx.waitUntil(Promise.reject(reason));
    return new Response("fine");
  }, { onError: (error) => void reported.push(error) });
  await sleep(1);
  expect(reply.body).toBe("fine");
  expect(reported).toEqual([reason]);
});

describe("the body", () => {
  const echo = async (request: Request) => new Response(await request.arrayBuffer());

  test("arrives whole, whatever its bytes", async () => {
    const body = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)).repeat(400);
    expect((await call(echo, { method: "POST", body })).body).toBe(body);
  });

  test("of a GET is dropped", async () => {
    const reply = await call((request) => {
      expect(request.body).toBeNull();
      return new Response("fine");
    }, { body: "dropped" });
    expect(reply).toMatchObject({ body: "fine", errors: [] });
  });

  test("may be left unread, or be cancelled", async () => {
    expect((await call(() => new Response("ok"), { method: "POST", body: "x" })).body).toBe("ok");
    expect(
      (await call(async (request) => {
        await request.body!.cancel();
        return new Response("ok");
      }, { method: "POST", body: "x" })).body,
    ).toBe("ok");
  });

  test("that is longer than declared is refused", async () => {
    let called = false;
    const { body, errors } = await call(() => {
      called = true;
      return new Response();
    }, { wire: request(["A", "b"], "hello") + "!" });
    expect(called).toBe(false);
    expect(body).toContain("longer than the 5 bytes");
    expect(errors.map(({ error }) => (error as ScgiError).code)).toEqual(["BODY_SURPLUS"]);
  });

  test("of a GET may be followed by bytes, which are reported", async () => {
    const wire = request(["REQUEST_METHOD", "GET"], "") + "!";
    const { body, errors } = await call(() => new Response("fine"), { wire });
    expect(body).toBe("fine");
    expect(errors.map(({ error }) => (error as ScgiError).code)).toEqual(["BODY_SURPLUS"]);
  });

  test("that is cut fails the read and aborts the signal, with one reason", async () => {
    let seen: unknown[] = [];
    await call(async (request) => {
      const error = await request.text().catch((error) => error);
      seen = [error, request.signal.reason, request.signal.aborted];
      return new Response("too late");
    }, { wire: request([], "hello").replace("5\0SCGI", "9\0SCGI") });
    expect(seen[0]).toBeInstanceOf(DOMException);
    expect((seen[0] as DOMException).name).toBe("AbortError");
    expect((seen[0] as Error).cause).toBeInstanceOf(ScgiError);
    expect(((seen[0] as Error).cause as ScgiError).code).toBe("BODY_CUT");
    expect(seen[1]).toBe(seen[0]);
    expect(seen[2]).toBe(true);
  });
});

describe("what breaks the rules is answered, and reaches no handler:", () => {
  const refusals: [what: string, options: Call, status: number, code: string, says: string][] = [
    ["text", { wire: "hello" }, 400, "HEAD_INVALID", "SCGI"],
    ["an HTTP request", { wire: "GET / HTTP/1.1\r\n\r\n" }, 400, "HEAD_INVALID", "scgi_pass"],
    ["a TLS hello", { wire: "\x16\x03\x01" }, 400, "HEAD_INVALID", "TLS"],
    [
      "no SCGI",
      { wire: frame(["CONTENT_LENGTH", "0"]) },
      400,
      "HEAD_INVALID",
      "include scgi_params;",
    ],
    ["a head that is cut", { wire: "70:CONTENT_LENGTH\x0027" }, 400, "HEAD_CUT", "inside the head"],
    [
      "a head over maxHeaderBytes",
      { wire: "1001", maxHeaderBytes: 1000 },
      431,
      "HEAD_TOO_LARGE",
      "maxHeaderBytes",
    ],
    [
      "a head with more variables than maxHeaders",
      { variables: { HTTP_A: "a", HTTP_B: "b" }, maxHeaders: 5 },
      431,
      "HEAD_TOO_LARGE",
      "maxHeaders",
    ],
    [
      "a head with over 1000 variables",
      { wire: frame(["CONTENT_LENGTH", "0", "SCGI", "1", ..."x".repeat(1998)]) },
      431,
      "HEAD_TOO_LARGE",
      "1000",
    ],
    ["a head over 64 KiB", { wire: "65537:" }, 431, "HEAD_TOO_LARGE", "65536"],
    [
      "a body over maxBodyBytes, before it came",
      { wire: frame(["CONTENT_LENGTH", "11", "SCGI", "1"]), maxBodyBytes: 10 },
      413,
      "BODY_TOO_LARGE",
      "10 bytes",
    ],
    ["a host that is none", { variables: { HTTP_HOST: "a b" } }, 400, "HOST_INVALID", "a b"],
    ["a method that none can have", { method: "TRACE" }, 501, "METHOD_UNSUPPORTED", "TRACE"],
    ["a path without the prefix", { stripPrefix: "/app" }, 404, "PREFIX_MISMATCH", "/app"],
    [
      "two lengths",
      { method: "POST", variables: { HTTP_CONTENT_LENGTH: "5" } },
      400,
      "LENGTH_MISMATCH",
      "scgi_request_buffering",
    ],
  ];
  for (const [what, options, status, code, says] of refusals) {
    test(`${what} is ${status}, as text that says why`, async () => {
      let called = false;
      const reply = await call(() => {
        called = true;
        return new Response();
      }, options);
      expect(called).toBe(false);
      expect(reply.status).toMatch(new RegExp(`^${status} [A-Z]`));
      expect(reply.headers).toContain("content-type: text/plain;charset=UTF-8");
      expect(reply.headers).toContain(`content-length: ${reply.body.length}`);
      expect(reply.body).toContain(says);
      const [{ error, request } = {}, ...more] = reply.errors;
      expect((error as ScgiError).code).toBe(code as never);
      expect(request).toBeUndefined();
      expect(more).toEqual([]);
    });
  }

  test("onError may answer it", async () => {
    const onError = (error: unknown) =>
      new Response(`sorry: ${(error as ScgiError).code}`, { status: 418 });
    const reply = await call(() => new Response(), { wire: "hello", onError });
    expect(reply).toMatchObject({ status: "418 I'm a Teapot", body: "sorry: HEAD_INVALID" });
  });

  test("a body of maxBodyBytes is served", async () => {
    const echo = async (request: Request) => new Response(await request.text());
    const options = { method: "POST", body: "0123456789", maxBodyBytes: 10 };
    expect((await call(echo, options)).body).toBe("0123456789");
  });

  test("a refused HEAD has no body", async () => {
    const reply = await call(() => new Response(), { method: "HEAD", stripPrefix: "/app" });
    expect(reply).toMatchObject({ status: "404 Not Found", body: "" });
  });
});

test("a head of 5 KiB, as large cookies make it, is served", async () => {
  const cookie = `session=${"x".repeat(5000)}`;
  const app = (request: Request) => new Response(request.headers.get("cookie"));
  expect((await call(app, { variables: { HTTP_COOKIE: cookie } })).body).toBe(cookie);
});

test("no byte is no request: no reply, no error", async () => {
  expect(await call(() => new Response(), { wire: "" }))
    .toEqual({ status: "", headers: [], body: "", errors: [] });
});

test("whatever the bytes, there is a reply of this package's own, and only its own errors", async () => {
  const wire = fc.oneof(mutatedRequest, anyText(30)).filter((wire) => wire !== "");
  const app = async (request: Request) => new Response(await request.arrayBuffer());
  await fc.assert(
    fc.asyncProperty(wire, async (wire) => {
      const { status, errors } = await call(app, { wire });
      expect(status).toMatch(/^(?:200|400|404|431|501) [A-Z]/);
      for (const { error } of errors) expect(error).toBeInstanceOf(ScgiError);
    }),
    { numRuns: 1000 },
  );
});
