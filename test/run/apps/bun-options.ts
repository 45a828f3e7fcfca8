/**
 * Starts `Bun.serve` with many odd options, one after the other, and prints what came of each:
 * `bun-options.ts values | apps | reload`, or `bun-options.ts routes SEED COUNT` with random routes.
 */

import fc from "fast-check";
import { Hono } from "hono";
import process from "node:process";

const at = { port: 0, hostname: "127.0.0.1", development: false };
const answer = () => new Response("x");

/** What a call comes to: the server's ID, or the error. */
function outcome(start: () => { id: string; stop(force: boolean): unknown }): string {
  try {
    const server = start();
    server.stop(true);
    return `starts ${JSON.stringify(server.id)}`;
  } catch (error) {
    const { constructor, message, code } = error as Error & { code?: string };
    return `${constructor.name} ${code}: ${message.split("\n")[0]}`;
  }
}

// Bun takes any value; its types do not.
// deno-lint-ignore no-explicit-any
const serve = (options: any) => outcome(() => Bun.serve(options));

const odd: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  zero: 0,
  one: 1,
  negative: -1,
  large: 1e12,
  fraction: 1.5,
  NaN: NaN,
  infinite: Infinity,
  bigint: 5n,
  empty: "",
  text: "x",
  digits: "123",
  true: true,
  false: false,
  symbol: Symbol("s"),
  object: {},
  array: [],
  "array of a function": [answer],
  function: answer,
  "async function": async () => await answer(),
  class: class {},
  date: new Date(0),
  map: new Map(),
  Response: new Response("x"),
  "object with a route": { "/a": answer },
  "object without a prototype": Object.assign(Object.create(null), { "/a": answer }),
  "object that inherits a route": Object.create({ "/a": answer }),
  "object with a getter": {
    get "/a"() {
      return answer;
    },
  },
  "object with a hidden route": Object.defineProperty({}, "/a", { value: answer }),
  "object with a symbol": { [Symbol("s")]: answer },
};

/** Not those that are the web server's, and are ignored; nor hosts, whose names would be looked up. */
const keys = [
  ...["fetch", "routes", "static", "error", "websocket", "development", "id", "port", "unix"],
  ...["maxRequestBodySize", "idleTimeout", "reusePort", "ipv6Only", "onListen", "other"],
];

const used = new Response("x");
await used.text();

const values: Record<string, unknown> = {
  ...odd,
  used,
  stream: new Response(new ReadableStream()),
  error: Response.error(),
  file: Bun.file("/etc/hostname"),
  "missing file": Bun.file("/nothing"),
  "Response of a file": new Response(Bun.file("/etc/hostname")),
  Blob: new Blob(["x"]),
  folder: { dir: "/etc" },
  "missing folder": { dir: "/nothing" },
  "folder of a number": { dir: 1 },
  methods: { GET: answer, POST: new Response("x") },
  "some methods": { GET: answer, FETCH: answer },
  "unknown methods": { FETCH: answer },
  "lower case": { get: answer },
  "method of a number": { GET: 1 },
  "method of null": { GET: null },
  "method of a file": { GET: Bun.file("/etc/hostname") },
  "method of a folder": { GET: { dir: "/etc" } },
  "inherited methods": Object.create({ GET: answer }),
  "an index": { index: "x" },
  promise: Promise.resolve(answer),
};

/** A server that is a class with everything on its prototype. */
class App {
  #secret = "class";
  routes: unknown[] = [];
  get port() {
    return this.#secret === "class" ? 0 : 1;
  }
  get hostname() {
    return "127.0.0.1";
  }
  fetch(): Response {
    return new Response("class");
  }
}

const hono = new Hono();

const apps: Record<string, () => unknown> = {
  nothing: () => undefined,
  null: () => null,
  text: () => "x",
  number: () => 1,
  function: () => answer,
  "function with options": () => Object.assign(() => {}, { ...at, fetch: answer }),
  "empty object": () => ({}),
  "empty array": () => [],
  "class instance": () => new App(),
  "class itself": () => App,
  Hono: () => Object.assign(hono, at),
  "Hono spread": () => ({ ...at, ...hono }),
  "inherited options": () => Object.create({ ...at, fetch: answer }),
  "frozen options": () => Object.freeze({ ...at, fetch: answer }),
  "options behind a proxy": () => new Proxy({ ...at, fetch: answer }, {}),
  "options without a prototype": () => Object.assign(Object.create(null), { ...at, fetch: answer }),
  // Not those whose names would be looked up.
  "hostname of a symbol": () => ({ ...at, hostname: Symbol("s"), fetch: answer }),
  "hostname that is no text": () => ({ ...at, hostname: Object.create(null), fetch: answer }),
  "hostname in an array": () => ({ ...at, hostname: ["127.0.0.1"], fetch: answer }),
  "hostname of an object": () => ({
    ...at,
    hostname: { toString: () => "127.0.0.1" },
    fetch: answer,
  }),
  "hostname that throws": () => ({
    ...at,
    hostname: {
      toString() {
        throw new RangeError("from a hostname");
      },
    },
    fetch: answer,
  }),
  "getter that throws": () => ({
    ...at,
    get fetch() {
      throw new RangeError("from a getter");
    },
  }),
  "a path and a hostname": () => ({ ...at, unix: "/nothing/x", fetch: answer }),
  "static beside routes": () => ({ ...at, static: { x: answer }, routes: { "/a": answer } }),
  "static beside no routes": () => ({ ...at, static: { x: answer }, routes: undefined }),
  "only false": () => ({ ...at, routes: { "/a": false } }),
  "only undefined": () => ({ ...at, routes: { "/a": undefined } }),
};

/** Paths of good and bad pieces. */
const path = fc.array(
  fc.constantFrom(
    ...["/", "/", "/", "a", ":a", ":b", ":1", ":", "*", "**", "1", "-", "_", ".", "..", "?", "#"],
    ...["%20", "%", " ", "é", "\0", "\n", "(", "+", ":a:b", "a:b", "//", "x*", "*x"],
  ),
  { maxLength: 7 },
).map((pieces) => pieces.join(""));
const anyPath = fc.oneof(path, path.map((text) => `/${text}`));
const table = fc.dictionary(anyPath, fc.constantFrom(...Object.keys(values)), {
  minKeys: 1,
  maxKeys: 3,
  noNullPrototype: true,
});

const [what, seed, count] = process.argv.slice(2);
const results: [given: string, outcome: string][] = [];
if (what === "values") {
  for (const key of keys) {
    for (const [name, value] of Object.entries(odd)) {
      // Both would be given.
      const hostname = key === "unix" ? undefined : at.hostname;
      if (key === "unix" && (typeof value !== "symbol" && value)) continue;
      const options = { ...at, hostname, fetch: answer, [key]: value };
      results.push([`${key} ${name}`, serve(options)]);
      if (key !== "routes" && key !== "static") continue;
      results.push([`${key} alone ${name}`, serve({ ...at, [key]: value })]);
    }
  }
  for (const [name, value] of Object.entries(values)) {
    results.push([`route ${name}`, serve({ ...at, routes: { "/a": value } })]);
    results.push([`wildcard ${name}`, serve({ ...at, fetch: answer, routes: { "/a/*": value } })]);
  }
} else if (what === "apps") {
  for (const [name, app] of Object.entries(apps)) results.push([name, serve(app())]);
} else if (what === "reload") {
  const server = Bun.serve({ ...at, fetch: answer });
  const all = Object.entries({ ...odd, ...Object.fromEntries(Object.entries(apps)) });
  for (const [name, value] of all) {
    const options = Object.hasOwn(apps, name) ? apps[name]!() : value;
    // deno-lint-ignore no-explicit-any
    const reload = () => server.reload(options as any);
    results.push([name, outcome(() => ({ id: String(reload() === server), stop() {} }))]);
    const broken = { routes: { "/a": answer, "/:1": answer }, fetch: answer };
    results.push([
      `${name}, broken`,
      outcome(() => server.reload({ ...broken, ...value as object })),
    ]);
  }
  server.stop(true);
} else {
  for (const routes of fc.sample(table, { seed: Number(seed), numRuns: Number(count) })) {
    const given = Object.entries(routes).map(([path, name]) => [path, values[name]]);
    const options = { ...at, routes: Object.fromEntries(given) };
    results.push([JSON.stringify(routes), serve({ ...options, fetch: answer })]);
    results.push([`${JSON.stringify(routes)} alone`, serve(options)]);
  }
}
console.log(JSON.stringify(results));
