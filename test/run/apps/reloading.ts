/** `POST /reload/NAME` reloads the server with options of that name, and tells what came of it. */

import process from "node:process";

const answer = (text: string) => () => new Response(text);
const failing = () => {
  throw new Error("failed");
};

const first = {
  routes: {
    "/a": answer("first a"),
    "/file": Bun.file(`${import.meta.dirname}/files/small.txt`),
    "/static": new Response("first static"),
    "/fails": failing,
    "/methods": { GET: answer("first methods"), POST: new Response("first static method") },
    "/static-methods": { GET: new Response("first static GET") },
    "/off": false as const,
    "/off/*": answer("first not off"),
  },
  fetch: answer("first fetch"),
  error: answer("first error"),
};

// Bun takes or refuses anything; its types do not.
// deno-lint-ignore no-explicit-any
const options: Record<string, any> = {
  nothing: {},
  undefined,
  "another fetch": { fetch: answer("second fetch") },
  "no fetch": { fetch: null },
  "wrong fetch": { fetch: 1, routes: {} },
  "another error": { error: answer("second error") },
  "no error": { error: null },
  "wrong error": { error: 1, fetch: answer("second fetch") },
  "other routes": {
    routes: { "/b": answer("second b"), "/static": new Response("second static") },
  },
  "no routes": { routes: {} },
  "undefined routes": { routes: undefined, fetch: answer("second fetch") },
  "array of routes": { routes: [{ path: "/b" }] },
  "null routes": { routes: null, fetch: answer("second fetch") },
  "a wrong path": {
    routes: { "/b": answer("b"), "c": answer("c") },
    fetch: answer("second fetch"),
  },
  "a wrong parameter": { routes: { "/b": answer("b"), "/:1": answer("c") }, error: answer("e") },
  "a parameter twice": { routes: { "/b/:x/:x": answer("b") }, fetch: answer("second fetch") },
  "a wrong route": { routes: { "/b": answer("b"), "/c": 1 } },
  "a stream": { routes: { "/b": new Response(new ReadableStream()) }, fetch: answer("f") },
  "static routes": { static: { "/static": new Response("second static"), "/b": answer("b") } },
  "files": { routes: { "/b": Bun.file(`${import.meta.dirname}/files/digits.bin`) } },
  "a class": new (class {
    routes = { "/b": answer("b of a class") };
    fetch = answer("fetch of a class");
  })(),
  "a getter that throws": {
    routes: { "/b": answer("b") },
    get fetch() {
      throw new RangeError("from a getter");
    },
  },
};

function reload(name: string): Response {
  try {
    // deno-lint-ignore no-explicit-any
    const same = server.reload(options[name] as any) === server;
    return new Response(`same: ${same}`);
  } catch (error) {
    const { constructor, message } = error as Error;
    return new Response(`${constructor.name}: ${message.split("\n")[0]}`);
  }
}

const server = Bun.serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  development: false,
  ...first,
  fetch: control(first.fetch),
});

/** Takes the paths that reload; all others are the other handler's. */
function control(fetch: () => Response) {
  return (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/names") return Response.json(Object.keys(options));
    const name = decodeURIComponent(pathname.split("/")[2] ?? "");
    if (pathname === "/reload/first") {
      server.reload({ ...first, fetch: control(first.fetch) });
      return new Response("first");
    }
    return pathname.startsWith("/reload/") ? reload(name) : fetch();
  };
}

for (const given of Object.values(options)) {
  const fetch = given && Object.getOwnPropertyDescriptor(given, "fetch")?.value;
  if (typeof fetch === "function") given.fetch = control(fetch);
}
