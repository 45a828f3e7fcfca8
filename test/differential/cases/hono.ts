/** Hono's helpers and middleware. */

import { type Context, Hono, type MiddlewareHandler } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { contextStorage, getContext } from "hono/context-storage";
import { deleteCookie, getCookie, setCookie, setSignedCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { csrf } from "hono/csrf";
import { etag } from "hono/etag";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import { jsx, memo } from "hono/jsx";
import { renderToReadableStream, Suspense } from "hono/jsx/streaming";
import { jwt, sign } from "hono/jwt";
import { languageDetector } from "hono/language";
import { methodOverride } from "hono/method-override";
import { poweredBy } from "hono/powered-by";
import { prettyJSON } from "hono/pretty-json";
import { proxy } from "hono/proxy";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { stream, streamSSE, streamText } from "hono/streaming";
import { timeout } from "hono/timeout";
import { timing } from "hono/timing";
import { appendTrailingSlash, trimTrailingSlash } from "hono/trailing-slash";
import type { Row } from "../../run/rows.ts";
import { type At, CaseError } from "../at.ts";
import type { Handler, Line, Lines, Shape, Table } from "../case.ts";

type Answer = (c: Context, at: At) => Response | Promise<Response>;

/** A case that an app of Hono answers, with middleware before it. */
function by(answer: Answer, ...middleware: MiddlewareHandler[]): Handler {
  return (request, at) => {
    const app = new Hono();
    for (const each of middleware) app.use(each);
    app.all("*", (c) => answer(c, at));
    return app.fetch(request, at.extras.server as object);
  };
}

const asked = (shape: Shape, handler: Handler): Line => [shape, handler];
const text: Answer = (c) => c.text("a text that is long enough ".repeat(50));

const replies: Lines = {
  "Hono: c.text": by((c) => c.text("text")),
  "Hono: c.text with a status and a header": by((c) => c.text("text", 201, { "x-own": "1" })),
  "Hono: c.json": by((c) => c.json({ a: "é" })),
  "Hono: c.json with a status": by((c) => c.json({ a: 1 }, 422)),
  "Hono: c.html": by((c) => c.html("<p>html</p>")),
  "Hono: JSX": by((c) => {
    const Item = memo(({ name }: { name: string }) => jsx("b", {}, name) as never);
    return c.html(jsx("p", { class: "a" }, jsx(Item as never, { name: "<b>" })) as never);
  }),
  "Hono: html``": by((c) => c.html(html`<p>${"<escaped>"}</p>`)),
  "Hono: c.body": by((c) => c.body("body")),
  "Hono: c.body of bytes": by((c) => c.body(new Uint8Array([1, 2, 3]))),
  "Hono: c.body of a stream": asked(
    { streamed: true },
    by((c) => c.body(new Blob(["stream"]).stream().pipeThrough(new TransformStream()))),
  ),
  "Hono: c.body(null)": by((c) => c.body(null)),
  "Hono: c.body(null, 204)": by((c) => c.body(null, 204)),
  "Hono: c.newResponse": by((c) => c.newResponse("new", 202, { "x-own": "1" })),
  "Hono: c.redirect": by((c) => c.redirect("/elsewhere")),
  "Hono: c.redirect with 301": by((c) => c.redirect("https://h/x?y=z", 301)),
  "Hono: c.notFound": by((c) => c.notFound()),
  "Hono: c.header": by((c) => {
    c.header("x-own", "1");
    c.header("x-own", "2", { append: true });
    return c.text("headers");
  }),
  "Hono: c.status": by((c) => {
    c.status(418);
    return c.text("status");
  }),
  "Hono: c.res.headers": by((c) => {
    c.res.headers.set("x-own", "1");
    return c.text("res");
  }),
  "Hono: a Response changed after it": by((c) => c.text("late"), async (c, next) => {
    await next();
    c.res.headers.append("x-late", "1");
    c.header("x-later", "2");
  }),
  "Hono: a Response put in the place of another": by((c) => c.text("first"), async (c, next) => {
    await next();
    c.res = new Response(`${await c.res.text()}, second`, { status: 201 });
  }),
  "Hono: HEAD": asked({ method: "HEAD" }, by((c) => c.text("head"))),
  "Hono: OPTIONS": asked({ method: "OPTIONS" }, by((c) => c.text("options"))),
  "Hono: a route that is not there": (request) =>
    new Hono().get("/elsewhere", (c) => c.text("x")).fetch(request),
  "Hono: notFound": (request) => new Hono().notFound((c) => c.text("nothing", 404)).fetch(request),
  "Hono: an exception": by(() => {
    throw new HTTPException(401, { message: "not you" });
  }),
  "Hono: an exception with a Response": by(() => {
    throw new HTTPException(401, { res: new Response("own", { status: 401 }) });
  }),
  "Hono: an error": by(() => {
    throw new Error("a detail");
  }),
  "Hono: an error that onError answers": (request, at) =>
    new Hono().all("*", () => {
      throw new CaseError(at);
    }).onError((error, c) => c.text(error.name, 503)).fetch(request),
  "Hono: parameters and queries": (request) =>
    new Hono().get(
      "/case/:name/:id",
      (c) => c.json([c.req.param("id"), c.req.query(), c.req.queries()]),
    )
      .fetch(request),
  "Hono: a parameter": asked(
    { path: "/%C3%A9%20x?a=1&a=2&b=%20" },
    (request) =>
      new Hono().get(
        "/case/:name/:id",
        (c) => c.json([c.req.param("id"), c.req.query(), c.req.queries()]),
      ).fetch(request),
  ),
  "Hono: parseBody": asked(
    { body: "a=1&b=2&a=3", headers: ["Content-Type: application/x-www-form-urlencoded"] },
    by(async (c) => c.json(await c.req.parseBody({ all: true }))),
  ),
  "Hono: req.json": asked(
    { body: '{"a":1}', headers: ["Content-Type: application/json"] },
    by(async (c) => c.json(await c.req.json())),
  ),
  "Hono: a body that is read twice": asked(
    { body: "a text" },
    by(async (c) => c.json([await c.req.text(), await c.req.text()])),
  ),
  "Hono: raw": asked({ body: "raw" }, by(async (c) => c.text(await c.req.raw.text()))),
  "Hono: a mounted handler": asked({ path: "/inner/x" }, (request) => {
    const app = new Hono();
    app.mount("/case", (request: Request) => new Response(new URL(request.url).pathname));
    return app.fetch(request);
  }),
};

const streams: Lines = {
  "Hono: stream": asked(
    { steps: ["one "], streamed: true },
    by((c, at) =>
      stream(c, async (stream) => {
        await stream.write("one ");
        await at.go();
        await stream.write("two");
      })
    ),
  ),
  "Hono: streamText": asked(
    { steps: ["one ", "two "], streamed: true },
    by((c, at) =>
      streamText(c, async (stream) => {
        await stream.writeln("one ");
        await at.go();
        await stream.write("two ");
        await at.go();
        await stream.sleep(1);
        await stream.write("end");
      })
    ),
  ),
  "Hono: streamSSE": asked(
    { steps: ["one "], streamed: true },
    by((c, at) =>
      streamSSE(c, async (stream) => {
        await stream.writeSSE({ data: "one ", event: "number", id: "1" });
        await at.go();
        await stream.writeSSE({ data: "two\nlines", retry: 10 });
      })
    ),
  ),
  "Hono: JSX Suspense": asked(
    { steps: ["waiting"], streamed: true },
    by((c, at) => {
      const Late = async () => {
        await at.go();
        return jsx("p", {}, "arrived") as never;
      };
      const page = jsx(Suspense as never, { fallback: "waiting" }, jsx(Late as never, {}));
      // The number of a place is each process's own.
      const numberless = new TransformStream<string, string>({
        transform: (text, to) => to.enqueue(text.replace(/H:\d+/g, "H:N")),
      });
      const body = renderToReadableStream(page as never).pipeThrough(
        new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>,
      )
        .pipeThrough(numberless).pipeThrough(new TextEncoderStream());
      return c.body(body, { headers: { "content-type": "text/html" } });
    }),
  ),
  "Hono: stream.pipe": asked(
    { streamed: true },
    by((c) => stream(c, (stream) => stream.pipe(new Blob(["piped"]).stream()))),
  ),
  "Hono: stream that fails": asked(
    { streamed: true },
    by((c) =>
      stream(c, async (stream) => {
        await stream.write("one ");
        throw new Error("a detail");
      }, async (error, stream) => {
        await stream.write(error.message);
      })
    ),
  ),
  "Hono: stream that is left": asked(
    { leaves: "one ", awaits: ["abort"], streamed: true },
    by((c, at) => {
      c.header("x-accel-buffering", "no");
      return stream(c, async (stream) => {
        const left = new Promise<void>((resolve) => stream.onAbort(resolve));
        await stream.write("one ");
        await left;
        at.saw("abort", stream.aborted);
      });
    }),
  ),
  "Hono: streamSSE that is left": asked(
    { leaves: "one ", awaits: ["abort"], streamed: true },
    by((c, at) =>
      streamSSE(c, async (stream) => {
        const left = new Promise<void>((resolve) => stream.onAbort(resolve));
        await stream.writeSSE({ data: "one " });
        await left;
        at.saw("abort", stream.aborted);
      })
    ),
  ),
};

const origin = "Origin: https://friend.test";
const middleware: Lines = {
  "Hono: cors": asked({ headers: [origin] }, by((c) => c.text("x"), cors())),
  "Hono: cors, a preflight": asked(
    { method: "OPTIONS", headers: [origin, "Access-Control-Request-Method: PUT"] },
    by((c) => c.text("x"), cors({ origin: "https://friend.test", credentials: true, maxAge: 5 })),
  ),
  "Hono: cors, another origin": asked(
    { headers: ["Origin: https://foe.test"] },
    by((c) => c.text("x"), cors({ origin: "https://friend.test" })),
  ),
  "Hono: etag": by((c) => c.text("tagged"), etag()),
  "Hono: etag of a HEAD": asked({ method: "HEAD" }, by((c) => c.text("tagged"), etag())),
  "Hono: etag that the sender has": asked(
    { headers: ['If-None-Match: "d13a3d2b3d9d5ac3e2a2a52bff5e7d84bd3f3e3f", W/"own"'] },
    by((c) => {
      c.header("etag", '"own"');
      return c.text("tagged");
    }, etag()),
  ),
  "Hono: etag of a stream": by(
    (c) => c.body(new Blob(["stream"]).stream()),
    etag(),
  ),
  "Hono: compress, not accepted": by(text, compress()),
  "Hono: compress of a HEAD": asked(
    { method: "HEAD", headers: ["Accept-Encoding: gzip"] },
    by(text, compress()),
  ),
  "Hono: cache control": by((c) => c.text("x"), async (c, next) => {
    await next();
    c.header("cache-control", "max-age=5");
  }),
  "Hono: secureHeaders": by((c) => c.text("x"), secureHeaders()),
  "Hono: poweredBy": by((c) => c.text("x"), poweredBy()),
  "Hono: prettyJSON": asked({ path: "?pretty" }, by((c) => c.json({ a: [1] }), prettyJSON())),
  "Hono: requestId": asked(
    { headers: ["X-Request-Id: own"] },
    by((c) => c.text(c.get("requestId")), requestId() as MiddlewareHandler),
  ),
  "Hono: csrf": asked(
    { body: "a=1", headers: ["Content-Type: application/x-www-form-urlencoded", origin] },
    by((c) => c.text("x"), csrf()),
  ),
  "Hono: csrf from its own origin": asked(
    {
      body: "a=1",
      headers: ["Content-Type: application/x-www-form-urlencoded", "Origin: http://app.test"],
    },
    by((c) => c.text("x"), csrf()),
  ),
  "Hono: languageDetector": asked(
    { headers: ["Accept-Language: de, en;q=0.5"] },
    by(
      (c) => c.text(c.get("language")),
      languageDetector({
        supportedLanguages: ["en", "de"],
        fallbackLanguage: "en",
      }) as MiddlewareHandler,
    ),
  ),
  "Hono: trimTrailingSlash": asked(
    { path: "/x/" },
    (request) => new Hono().use(trimTrailingSlash()).get("/y", (c) => c.text("y")).fetch(request),
  ),
  "Hono: appendTrailingSlash": asked(
    { path: "/x" },
    (request) => new Hono().use(appendTrailingSlash()).get("/y", (c) => c.text("y")).fetch(request),
  ),
  "Hono: methodOverride": asked(
    { body: "_method=DELETE", headers: ["Content-Type: application/x-www-form-urlencoded"] },
    (request, at) => {
      const app = new Hono();
      app.use(methodOverride({ app }));
      app.delete("*", (c) => c.text("deleted"));
      app.post("*", (c) => c.text("posted"));
      return app.fetch(request, at.extras.server as object);
    },
  ),
  "Hono: contextStorage": by(() => getContext().text("from the context"), contextStorage()),
  "Hono: proxy": asked(
    { streamed: true },
    by((_, { upstream }) => proxy(`${upstream}/chunks`)),
  ),
  "Hono: proxy of an upload": asked(
    { body: "uploaded", streamed: true, headers: ["Content-Type: text/plain"] },
    by((c, { upstream }) => proxy(`${upstream}/echo`, c.req)),
  ),
};
const authentication: Lines = {
  "Hono: basicAuth without a name": by(
    (c) => c.text("in"),
    basicAuth({ username: "ada", password: "lovelace" }),
  ),
  "Hono: basicAuth": asked(
    { headers: ["Authorization: Basic YWRhOmxvdmVsYWNl"] },
    by((c) => c.text("in"), basicAuth({ username: "ada", password: "lovelace" })),
  ),
  "Hono: bearerAuth without a token": by((c) => c.text("in"), bearerAuth({ token: "t" })),
  "Hono: bearerAuth": asked(
    { headers: ["Authorization: Bearer t"] },
    by((c) => c.text("in"), bearerAuth({ token: "t" })),
  ),
};
const secret = { secret: "a secret", alg: "HS256" } as const;
authentication["Hono: jwt without a token"] = by((c) => c.text("in"), jwt(secret));
authentication["Hono: jwt that is forged"] = asked(
  { headers: ["Authorization: Bearer a.b.c"] },
  by((c) => c.text("in"), jwt(secret)),
);
authentication["Hono: jwt"] = async (request, at) => {
  const token = await sign({ sub: "ada" }, secret.secret, secret.alg);
  const signed = new Request(request, { headers: { authorization: `Bearer ${token}` } });
  return by((c) => c.json(c.get("jwtPayload")), jwt(secret))(signed, at);
};
const limits: Lines = {};
for (const [what, size] of Object.entries({ below: 10, at: 100, over: 101 })) {
  for (const chunked of [false, true]) {
    limits[`Hono: bodyLimit, ${what} the limit${chunked ? ", in chunks" : ""}`] = asked(
      { body: "x".repeat(size), chunked },
      by(async (c) => c.text(String((await c.req.text()).length)), bodyLimit({ maxSize: 100 })),
    );
  }
}
const cookies: Lines = {
  "Hono: getCookie": asked(
    { headers: ["Cookie: a=1; b=%20x; c"] },
    by((c) => c.json(getCookie(c))),
  ),
  "Hono: setCookie": by((c) => {
    setCookie(c, "a", "1 2", { path: "/", httpOnly: true, sameSite: "Lax", maxAge: 60 });
    setCookie(c, "b", "2");
    return c.text("set");
  }),
  "Hono: deleteCookie": asked(
    { headers: ["Cookie: a=1"] },
    by((c) => {
      deleteCookie(c, "a");
      return c.text("deleted");
    }),
  ),
  "Hono: setSignedCookie": by(async (c) => {
    await setSignedCookie(c, "a", "1", "a secret");
    return c.text("set");
  }),
  "Hono: setCookie and redirect": by((c) => {
    setCookie(c, "a", "1");
    setCookie(c, "b", "2");
    return c.redirect("/");
  }),
};
const times: Lines = {
  "Hono: timeout": by(async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return c.text("late");
  }, timeout(5)),
  "Hono: timing": asked(
    {},
    by((c) => {
      c.header("server-timing", "own");
      return c.text("x");
    }, async (c, next) => {
      await timing()(c, next);
      c.header("server-timing", "own");
    }),
  ),
};

const of = (row: Row, cases: Lines): Table => ({ row, cases });

export const honoTables: readonly Table[] = [
  of("Strings, bytes, streams, JSON, forms, redirects, statuses", { ...replies, ...cookies }),
  of("Hono: `stream`, `streamText`, `streamSSE` with `onAbort`", streams),
  of("Hono: `cors`, `etag`, `compress`", middleware),
  of("Hono: `basicAuth`, `jwt`", authentication),
  of("Hono: `bodyLimit`", limits),
  of("Hono: `logger`, `timeout`", times),
];
