/**
 * Handlers of `Bun.serve` that give anything at all: `/HOW/WHAT`, where HOW is the kind of the handler
 * and WHAT the name of its result. `/names` has both lists, and `/this` what the handlers are called
 * with. With the argument `development` the server is one for that.
 */

import process from "node:process";

const used = new Response("used");
await used.text();

/** Results, made anew for each request. */
const results: Record<string, () => unknown> = {
  Response: () => new Response("a Response"),
  subclass: () => new (class extends Response {})("a subclass"),
  proxy: () => new Proxy(new Response("behind a proxy"), {}),
  "without a prototype": () => Object.setPrototypeOf(new Response("bare"), null),
  "of another prototype": () => Object.setPrototypeOf(new Response("an array"), Array.prototype),
  "only the prototype": () => Object.create(Response.prototype),
  undefined: () => undefined,
  null: () => null,
  number: () => 1,
  text: () => "text",
  false: () => false,
  object: () => ({ status: 201, body: "x" }),
  array: () => [],
  Error: () => new Error("returned"),
  Request: () => new Request("http://a/"),
  Blob: () => new Blob(["x"]),
  used: () => used,
  "promise of nothing": () => Promise.resolve(),
  "promise of a Response": () => Promise.resolve(new Response("promised")),
  throw: () => {
    throw new Error("thrown");
  },
  "throw of nothing": () => {
    throw undefined;
  },
  rejection: () => Promise.reject(new Error("rejected")),
};

type Make = () => unknown;

/** What waits for nothing, for microtasks, and for a timer. */
const paces: Record<string, (make: Make) => unknown> = {
  "at once": (make) => make(),
  // deno-lint-ignore require-await
  async: async (make) => make(),
  "soon async": async (make) => {
    await undefined;
    return make();
  },
  "late async": async (make) => {
    await Bun.sleep(2);
    return make();
  },
};

// Bun takes any function; its types do not.
// deno-lint-ignore no-explicit-any
const routes: Record<string, any> = {
  "/names": () =>
    Response.json([Object.keys(results), [
      ...Object.keys(paces),
      "/fetch/",
      "/method/",
      "/error/",
    ]]),
};

const made = (request: Request) => {
  const [, , , , how = "", what = ""] = decodeURIComponent(request.url).split("/");
  return paces[how]!(results[what]!);
};

/** What a handler was called with. */
const calls: unknown[] = [];

function note(name: string) {
  return function (this: unknown, ...args: unknown[]): Response {
    const kinds = args.map((arg) =>
      arg === server ? "server" : arg instanceof Request ? "request" : String(arg)
    );
    calls.push([name, this === server ? "server" : typeof this, kinds]);
    if (name === "throw") throw new Error("noted");
    return new Response(name);
  };
}

routes["/note"] = note("route");
routes["/note-method"] = { GET: note("method") };
routes["/note-error"] = note("throw");
routes["/note-async"] = async function (this: unknown, ...args: unknown[]) {
  await undefined;
  return note("async").apply(this, args);
};
routes["/calls"] = async () => {
  await server.fetch("/note-fetch");
  return Response.json(calls.splice(0));
};

const failing = new Map<string, Make>();
for (const pace of Object.keys(paces)) {
  routes[`/route/${encodeURIComponent(pace)}/:what`] = made;
  routes[`/method/${encodeURIComponent(pace)}/:what`] = { GET: made };
  // The error handler gives it, after a failure at once or later.
  for (const [kind, wait] of [["error", false], ["late-error", true]] as const) {
    routes[`/${kind}/${encodeURIComponent(pace)}/:what`] = async (request: Request) => {
      if (wait) await Bun.sleep(1);
      failing.set(request.url, () => made(request));
      throw new Error(request.url);
    };
    routes[`/sync-${kind}/${encodeURIComponent(pace)}/:what`] = (request: Request) => {
      failing.set(request.url, () => made(request));
      throw new Error(request.url);
    };
  }
}

const noteFetch = note("fetch");
const noteError = note("error");

const server = Bun.serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  development: process.argv.includes("development"),
  routes,
  fetch(this: unknown, request: Request, ...rest: unknown[]) {
    if (request.url.includes("/fetch/")) return made(request) as Response;
    return noteFetch.call(this, request, ...rest);
  },
  error(this: unknown, error: Error, ...rest: unknown[]) {
    const make = failing.get(error?.message);
    return make !== undefined ? make() as Response : noteError.call(this, error, ...rest);
  },
});
