/** The Request as an app has it. */

import { Buffer } from "node:buffer";
import { inspect } from "node:util";
import { nameOf } from "../at.ts";
import type { Handler, Lines, Shape, Table } from "../case.ts";

const json = (value: unknown) => Response.json(value);
const own = ["x-", "accept", "cookie", "authorization", "range", "if-", "origin", "user-agent"];

/** What is done must not throw, or throw the same. */
function attempt(action: () => unknown): unknown {
  try {
    const value = action();
    return typeof value === "object" && value !== null ? nameOf(value) : value ?? null;
  } catch (error) {
    return `throws ${nameOf(error)}`;
  }
}

const seen: Handler = ({ url, method }) => json({ href: new URL(url).href, url, method });
const headersOf: Handler = ({ headers }) =>
  json([...headers].filter(([name]) => own.some((start) => name.startsWith(start))));

/** Paths, and what they become in `url`. */
const paths = [
  "/",
  "//",
  "/a//b",
  "/a/../b",
  "/./a",
  "/a/.",
  "/a/..",
  "/%2e%2e/a",
  "/a%2Fb",
  "/a%2fb",
  "/%61",
  "/%C3%A9",
  "/%e9",
  "/%",
  "/%zz",
  "/a+b",
  "/a;b=c",
  "/a,b",
  "/a:b",
  "/@a",
  "/~a",
  "/a'b",
  "/(a)",
  "/a*",
  "/a|b",
  "/a^b",
  "/a`b",
  '/a"b',
  "/<a>",
  "/{a}",
  "/[a]",
  "/a\\b",
  "?",
  "?a",
  "?a=1&b=%20+",
  "?a=?",
  "?a=/../b",
  "?%",
  "?é".normalize(),
  "/x?a=%C3%A9",
  "?a[]=1",
  "?a='",
  '?a="',
  "?<a>",
  "?a|b",
  "?a`b",
  "?a{b}",
  "?a^b",
  "?a\\b",
];
const urls: Lines = {};
for (const path of paths) {
  // Node's parser refuses what is no URI.
  const shape: Shape = /[\\é]/.test(path) ? { on: ["bun", "deno"] } : {};
  urls[`the URL of ${path}`] = [{ ...shape, path: Buffer.from(path).toString("latin1") }, seen];
}

const hosts: Lines = {};
for (
  const host of [
    "app.test",
    "app.test:80",
    "app.test:8080",
    "APP.test",
    "127.0.0.1:9",
    "[::1]",
    "[::1]:8080",
    "localhost",
    "a.b.c.example",
    "xn--bcher-kva.example",
    "a_b.test",
  ]
) {
  hosts[`the host ${host}`] = [
    { headers: [`Host: ${host}`] },
    ({ url, headers }) => json([new URL(url).host, headers.get("host")]),
  ];
}

const sent: Record<string, string[]> = {
  "none of its own": [],
  "some": ["Accept: */*", "User-Agent: a/1", "X-Own: 1"],
  "two of one name": ["X-Own: 1", "X-Own: 2"],
  "two of Accept": ["Accept: a/b", "Accept: c/d"],
  "two cookies": ["Cookie: a=1", "Cookie: b=2"],
  "a cookie": ["Cookie: a=1; b=%20; c="],
  "an empty value": ["X-Own:"],
  "a value with spaces around": ["X-Own:   a  "],
  "a value in Latin-1": ["X-Own: Gr\u00fc\u00dfe"],
  "a value that is UTF-8": ["X-Own: Gr\u00c3\u00bc"],
  "a long value": [`X-Own: ${"v".repeat(5000)}`],
  "a name in capitals": ["X-OWN: 1"],
  "a name with an underscore": ["X_Own: 1"],
  "authorization": ["Authorization: Basic YTpi"],
  "a bearer": ["Authorization: Bearer abc"],
  "conditions": ['If-None-Match: "a"', "If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT"],
  "a range": ["Range: bytes=0-1"],
  "an origin": ["Origin: http://h", "Referer: http://h/a"],
  "what is forwarded": ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"],
  "fifty": Array.from({ length: 50 }, (_, index) => `X-Own-${index}: ${index}`),
};
const headers: Lines = {};
for (const [what, lines] of Object.entries(sent)) {
  headers[`the headers of a request with ${what}`] = [{ headers: lines }, headersOf];
  headers[`each header of a request with ${what}`] = [
    { headers: lines },
    ({ headers }) =>
      json(
        ["accept", "user-agent", "x-own", "X-OWN", "x_own", "cookie", "origin", "none"].map((
          name,
        ) => [headers.get(name), headers.has(name)]),
      ),
  ];
}

const surface: Record<string, Handler> = {
  "its fields": (request) => {
    const { method, referrer, referrerPolicy, mode, credentials, cache, redirect, integrity } =
      request;
    const { keepalive, bodyUsed, destination } = request;
    return json({
      ...{ method, referrer, referrerPolicy, mode, credentials, cache, redirect, integrity },
      ...{ keepalive, bodyUsed, destination },
    });
  },
  "its duplex": (request) => json((request as unknown as { duplex?: string }).duplex ?? null),
  "its class": (request) =>
    json([
      request instanceof Request,
      Object.prototype.toString.call(request),
      request.headers instanceof Headers,
      request.signal instanceof AbortSignal,
      request.constructor === Request,
    ]),
  "its keys": (request) => json([Object.keys(request), { ...request }, JSON.stringify(request)]),
  "what it has": (request) =>
    json(["url", "method", "headers", "body", "signal", "clone", "json", "cookies", "params"]
      .map((name) => name in request)),
  "its inspection": (request) => json(inspect(request).split(/[ {(]/)[0]),
  "its inspection in full": (request) => json(inspect(request).includes(request.url)),
  "its text": (request) => json(String(request)),
  "a structured clone": (request) => json(attempt(() => structuredClone(request))),
  "a change of its headers": ({ headers }) =>
    json([attempt(() => headers.set("x-own", "2")), headers.get("x-own")]),
  "headers deleted": ({ headers }) =>
    json([attempt(() => headers.delete("x-own")), headers.has("x-own")]),
  "headers appended": ({ headers }) =>
    json([attempt(() => headers.append("x-own", "2")), headers.get("x-own")]),
  "a change of its URL": (request) =>
    json([
      attempt(() => {
        (request as { url: string }).url = "http://h/";
      }),
      request.url.startsWith("http://app.test/"),
    ]),
  "a property of one's own": (request) =>
    json([
      attempt(() => {
        (request as unknown as { own: number }).own = 1;
      }),
      (request as unknown as { own?: number }).own ?? null,
    ]),
  "a definition of one's own": (request) =>
    json([
      typeof attempt(() => Object.defineProperty(request, "own", { value: 1 })),
      "own" in request,
    ]),
  "its clone": (request) => {
    const clone = request.clone();
    return json([
      clone instanceof Request,
      clone !== request,
      clone.url === request.url,
      [...clone.headers.keys()].filter((name) => name !== "connection").sort(),
    ]);
  },
  "another made of it": (request) => {
    const other = new Request(request);
    return json([other.url, other.method, other.headers.get("x-own")]);
  },
  "another made of it, with an init": (request) => {
    const other = new Request(request, { method: "PUT", headers: { "x-other": "1" } });
    return json([
      other.url,
      other.method,
      other.headers.get("x-own"),
      other.headers.get("x-other"),
    ]);
  },
  "another made of another URL and it": (request) => {
    const other = new Request("http://h/x", request);
    return json([other.url, other.method, other.headers.get("x-own")]);
  },
  "another of a class": (request) => {
    class Own extends Request {}
    const other = new Own(request);
    return json([other instanceof Own, other.url]);
  },
  "headers made of its own": ({ headers }) => json(new Headers(headers).get("x-own")),
  "its headers as an object": ({ headers }) => json(Object.fromEntries(headers)["x-own"] ?? null),
  "its headers, sorted": ({ headers }) => {
    const names = [...headers.keys()];
    return json(names.join() === names.toSorted().join());
  },
  "its headers by forEach": ({ headers }) => {
    const names: string[] = [];
    headers.forEach((value, name) => void (name === "x-own" && names.push(value)));
    return json(names);
  },
  "its signal": ({ signal }) =>
    json([signal.aborted, attempt(() => signal.reason), nameOf(signal)]),
  "its signal twice": (request) => json(request.signal === request.signal),
  "its headers twice": (request) => json(request.headers === request.headers),
  "its body twice": (request) => json(request.body === request.body),
  "the signal of its clone": (request) => json([request.clone().signal.aborted]),
  "its body, of a GET": ({ body }) => json(body === null),
  "its text, of a GET": async (request) => json([await request.text(), request.bodyUsed]),
  "its bytes, of a GET": async (request) => json((await request.arrayBuffer()).byteLength),
  "its JSON, of a GET": async (request) => json(await request.json().catch(nameOf)),
  "its form, of a GET": async (request) => json(await request.formData().then(nameOf, nameOf)),
  "a Blob of it, of a GET": async (request) => {
    const blob = await request.blob();
    return json([blob.size, blob.type]);
  },
  "a proxy of it": (request) => {
    const proxy = new Proxy(request, { get: (target, name) => Reflect.get(target, name) });
    return json([proxy.method, proxy.headers.get("x-own")]);
  },
  "one that inherits from it": (request) => json(attempt(() => Object.create(request).method)),
  "a fetch of it": async (request, { upstream }) =>
    await fetch(`${upstream}/echo`, { headers: request.headers }),
  "the arguments of a handler": (request, { extras }) =>
    json([typeof request, typeof extras.server]),
  "an asynchronous context": async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return json([request.method, request.headers.get("x-own")]);
  },
};
/** What the Requests of @hono/node-server, which are no native ones, do otherwise. */
const native: Record<string, Handler> = {
  "getters of Request": (request) => {
    const getter = Object.getOwnPropertyDescriptor(Request.prototype, "url")?.get;
    return json(attempt(() => getter?.call(request)));
  },
};
const surfaces: Lines = {};
for (const [what, handler] of Object.entries(surface)) {
  const shape: Shape = { headers: ["X-Own: 1"] };
  surfaces[`of a request: ${what}`] = [shape, handler];
}

for (const [what, handler] of Object.entries(native)) {
  surfaces[`of a native Request: ${what}`] = [
    { headers: ["X-Own: 1"], on: ["bun", "deno"] },
    handler,
  ];
}

export const requests: readonly Table[] = [
  {
    row: "Every field of a request, and its body by every method",
    cases: { ...urls, ...hosts, ...headers, ...surfaces },
  },
];
