/** Routes of `Bun.serve`, and what it gives to their handlers. */

import type { BunRequest, Server } from "bun";
import { join } from "node:path";
import { At, CaseError, nameOf } from "../at.ts";
import type { Lines, Shape, Table } from "../case.ts";

const files = join(import.meta.dirname, "../../run/apps/files");

type Request = BunRequest<string>;
type Routes = Record<string, unknown>;

const text = (what: string) => () => new Response(what);
const params = (request: Request) => Response.json(request.params);
const at = (request: Request) => new At(request.headers.get("x-try") ?? "", {});

/** Routes, each under a prefix of its own. They are made when the server starts. */
export function bunRoutes(): Routes {
  return {
    "/exact": text("exact"),
    "/exact/": text("exact with a slash"),
    "/users/me": text("me"),
    "/users/:id": params,
    "/users/:id/posts": (request: Request) => Response.json(["posts", request.params]),
    "/users/:id/*": (request: Request) => Response.json(["rest", request.params]),
    "/orgs/:org/repos/:repo": params,
    "/wild/*": text("wild"),
    "/wild/a/*": text("wild a"),
    "/wild/:one/b": (request: Request) => Response.json(["b", request.params]),
    "/encoded/caf%C3%A9": text("encoded"),
    "/off": false,
    "/off/*": text("not off"),
    "/async": async () => {
      await Bun.sleep(2);
      return new Response("async");
    },
    "/methods": {
      GET: text("got"),
      POST: async (request: Request) => new Response(`posted ${await request.text()}`),
      PUT: new Response("put", { status: 201 }),
      DELETE: text("deleted"),
    },
    "/methods/:id": { GET: params, PATCH: params },
    "/methods/head": {
      GET: text("of get"),
      HEAD: () => new Response(null, { headers: { "x-head": "own" } }),
    },
    "/static/text": new Response("static"),
    "/static/headers": new Response("static", {
      headers: { "x-own": "1", "content-type": "text/html" },
    }),
    "/static/tagged": new Response("static", { headers: { etag: '"own"' } }),
    "/static/bytes": new Response(new Uint8Array([1, 2, 3])),
    "/static/json": Response.json({ a: 1 }),
    "/static/redirect": Response.redirect("/elsewhere"),
    "/static/empty": new Response(""),
    "/static/null": new Response(null, { status: 204 }),
    "/static/blob": new Response(new Blob(["blob"], { type: "text/css" })),
    "/static/teapot": new Response("teapot", { status: 418 }),
    "/static/cookies": new Response("cookies", {
      headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]],
    }),
    "/static/long": new Response("long ".repeat(50_000)),
    "/static/file": new Response(Bun.file(join(files, "digits.bin"))),
    "/static/file-with-status": new Response(Bun.file(join(files, "digits.bin")), { status: 201 }),
    "/static/plain-file": Bun.file(join(files, "small.txt")),
    "/static/missing": new Response(Bun.file(join(files, "missing"))),
    "/folder/*": { dir: files },
    "/throws": () => {
      throw new TypeError("a detail");
    },
    "/rejects": async () => {
      await Bun.sleep(1);
      throw new RangeError("a detail");
    },
    "/throws-told": (request: Request) => {
      throw new CaseError(at(request));
    },
    "/nothing": () => undefined,
    "/cookies/read": ({ cookies }: Request) =>
      Response.json([cookies.size, [...cookies].sort(), cookies.get("a")]),
    "/cookies/set": ({ cookies }: Request) => {
      cookies.set("a", "1 2");
      cookies.set("b", "ü", {
        path: "/b",
        httpOnly: true,
        secure: true,
        sameSite: "strict",
        maxAge: 5,
      });
      cookies.set({ name: "c", value: "3", domain: "app.test", expires: new Date(0) });
      return new Response("set");
    },
    "/cookies/delete": ({ cookies }: Request) => {
      cookies.delete("a");
      cookies.delete("b", { path: "/b" });
      return new Response("deleted");
    },
    "/cookies/both": ({ cookies }: Request) => {
      cookies.set("a", "1");
      return new Response("both", { headers: { "set-cookie": "own=1" } });
    },
    "/cookies/redirect": ({ cookies }: Request) => {
      cookies.set("a", "1");
      return Response.redirect("/elsewhere");
    },
    "/cookies/stream": ({ cookies }: Request) => {
      cookies.set("a", "1");
      return new Response(new Blob(["stream"]).stream().pipeThrough(new TransformStream()));
    },
    "/cookies/error": (request: Request) => {
      request.cookies.set("a", "1");
      throw new CaseError(at(request));
    },
    "/cookies/later": async ({ cookies }: Request) => {
      await Bun.sleep(2);
      cookies.set("late", "1");
      return new Response("later");
    },
    "/server/ip": (request: Request, server: Server<unknown>) => {
      const ip = server.requestIP(request);
      return Response.json(ip && { ...ip, port: typeof ip.port });
    },
    "/server/fields": (_: Request, server: Server<unknown>) =>
      Response.json([
        ...[server.development, server.id, server.pendingWebSockets, nameOf(server.url)],
        ...[typeof server.pendingRequests, typeof server.stop, typeof server.upgrade],
      ]),
    "/server/this": function (this: unknown, _: Request, server: unknown) {
      return Response.json([this === server, this === undefined, typeof this]);
    },
    "/server/ip-of-a-clone": (request: Request, server: Server<unknown>) =>
      Response.json([server.requestIP(request.clone())]),
    "/server/fetch": async (_: Request, server: Server<unknown>) =>
      new Response(await (await server.fetch(new Request("http://app.test/nowhere"))).text()),
    "/server/timeout": (request: Request, server: Server<unknown>) => {
      server.timeout(request, 5);
      return new Response("timeout");
    },
    "/server/publish": (_: Request, server: Server<unknown>) =>
      Response.json([server.publish("a", "b"), server.subscriberCount("a")]),
    "/request/class": (request: Request) =>
      Response.json([
        ...[request instanceof globalThis.Request, request.constructor === globalThis.Request],
        ...["params" in request, "cookies" in request, nameOf(request), nameOf(request.params)],
        Reflect.ownKeys(request).filter((key) => typeof key === "string"),
      ]),
    "/request/clone/:id": (request: Request) => {
      const clone = request.clone();
      return Response.json([clone.params ?? null, clone.url === request.url]);
    },
    "/request/body/:id": async (request: Request) =>
      Response.json([request.params, await request.json()]),
    "/request/arguments": (...args: unknown[]) => Response.json([args.length]),
    "/request/url": ({ url, method }: Request) => Response.json([url, method]),
  };
}

const get = (...paths: string[]): Lines =>
  Object.fromEntries(paths.map((path) => [`GET ${path}`, { path }]));
const ask = (method: string, shape: Shape, ...paths: string[]): Lines =>
  Object.fromEntries(
    paths.map((
      path,
    ) => [`${[method, path, ...shape.headers ?? []].join(" ")}`, { ...shape, method, path }]),
  );

const routing = get(
  ...["/exact", "/exact/", "/exact?x=1", "/exact%20", "/Exact", "//exact", "/exact//", "/%65xact"],
  ...[
    "/users",
    "/users/",
    "/users/me",
    "/users/7",
    "/users/7/",
    "/users/7/posts",
    "/users/7/posts/1",
  ],
  ...[
    "/users/me/posts",
    "/users/a%2Fb",
    "/users/a%20b",
    "/users/%C3%A9",
    "/users/%zz",
    "/users/a+b",
  ],
  ...["/orgs/a/repos/b", "/orgs/a/repos", "/orgs//repos/b", "/orgs/a/repos/b/c"],
  ...[
    "/wild",
    "/wild/",
    "/wild/x",
    "/wild/a",
    "/wild/a/",
    "/wild/a/x",
    "/wild/x/b",
    "/wild/a/b",
    "/wild/x/y/z",
  ],
  ...["/encoded/caf%C3%A9", "/encoded/%C3%A9", "/off", "/off/x", "/async", "/nowhere"],
);
const methods: Lines = {
  ...get("/methods", "/methods/7"),
  ...ask(
    "HEAD",
    {},
    "/methods",
    "/methods/7",
    "/methods/head",
    "/exact",
    "/users/7",
    "/wild/x",
    "/off",
  ),
  ...ask("POST", { body: "a body" }, "/methods", "/exact", "/methods/7"),
  ...ask("PUT", {}, "/methods", "/methods/7"),
  ...ask("DELETE", {}, "/methods", "/exact"),
  ...ask("PATCH", {}, "/methods/7"),
  ...ask("OPTIONS", {}, "/methods", "/exact", "/nowhere"),
};
const statics = [
  ...["text", "headers", "tagged", "bytes", "json", "redirect", "empty", "null", "blob", "teapot"],
  ...["cookies", "long", "file", "file-with-status", "plain-file", "missing"],
].map((name) => `/static/${name}`);
const folder = [
  ...[
    "/folder/small.txt",
    "/folder/digits.bin",
    "/folder/inner",
    "/folder/inner/",
    "/folder/nothing",
    "/folder",
  ],
  ...["/folder/", "/folder/..%2Fx", "/folder/%73mall.txt", "/folder/inner/index.html"],
];
const content: Lines = {
  ...get(...statics, ...folder),
  ...ask("HEAD", {}, ...statics, ...folder.slice(0, 3)),
  ...ask("POST", { body: "x" }, ...statics.slice(0, 5), ...folder.slice(0, 2)),
  ...ask("OPTIONS", {}, ...statics.slice(0, 2)),
  ...ask("GET", { headers: ['If-None-Match: "own"'] }, ...statics.slice(0, 3), "/static/file"),
  ...ask("GET", { headers: ["If-None-Match: *"] }, ...statics.slice(0, 3)),
  ...ask("GET", { headers: ["Range: bytes=2-4"] }, ...statics, ...folder.slice(0, 2)),
  ...ask(
    "GET",
    { headers: ["If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"] },
    ...statics.slice(-4),
    ...folder.slice(0, 2),
  ),
};
const failures: Lines = {
  ...get("/throws", "/rejects", "/throws-told", "/nothing"),
  ...ask("HEAD", {}, "/throws"),
};
const cookie = { headers: ["Cookie: a=1; b=%C3%A9; c=x=y; d"] };
const cookies: Lines = {
  ...get(
    ...["set", "delete", "both", "redirect", "stream", "error", "later", "read"].map((name) =>
      `/cookies/${name}`
    ),
  ),
  ...ask("GET", cookie, ...["read", "set", "delete", "both"].map((name) => `/cookies/${name}`)),
  ...ask("HEAD", {}, "/cookies/set"),
};
const server = get(
  ...["ip", "ip-of-a-clone", "fields", "this", "fetch", "timeout", "publish"].map((name) =>
    `/server/${name}`
  ),
);
const request: Lines = {
  ...get("/request/class", "/request/clone/7", "/request/arguments", "/request/url?x=%20y"),
  ...ask("POST", { body: '{"a":1}' }, "/request/body/7"),
};

const shape = { on: ["bun"], by: "run" } as const;

export const bunRouteTables: readonly Table[] = [
  {
    row: "`routes`: exact, parameters, wildcards, catch-all, methods, `false`",
    shape,
    cases: { ...routing, ...methods },
  },
  {
    row: "`routes`: Responses with their entity tags, files with ranges, folders",
    shape,
    cases: content,
  },
  { row: "An error handler that answers", shape, cases: failures },
  { row: "`req.params`, `req.cookies`", shape, cases: { ...cookies, ...request } },
  { row: "`server.url`, `port`, `hostname`, `pendingRequests`", shape, cases: server },
];
