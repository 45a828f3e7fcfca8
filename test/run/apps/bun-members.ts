/** Prints what a server of `Bun.serve` is like, and what its members do with odd arguments. */

import { inspect } from "node:util";
import process from "node:process";

const { port = "0", path = "" } = { port: process.env.PORT, path: process.argv[2] };
const answer = () => new Response("x");
// Members are taken by name, and given anything at all.
// deno-lint-ignore no-explicit-any
type Any = any;

async function outcome(action: () => unknown): Promise<string> {
  try {
    const result = action();
    if (result instanceof Response) return "a Response";
    if (result instanceof Promise) {
      const value = await result.catch((error) => error);
      if (value instanceof Response) return `promise of ${value.status} ${await value.text()}`;
      return `promise of ${value?.constructor?.name ?? value}`;
    }
    return String(result);
  } catch (error) {
    const { constructor, code } = error as Any;
    return `${constructor.name} ${code}`;
  }
}

const at = path === "" ? { port: Number(port), hostname: "127.0.0.1" } : { unix: path };
const start = (options: object): Any => Bun.serve({ ...at, ...options } as Any);
const seen: Record<string, unknown> = {};

for (const development of [true, false]) {
  const server = start({ fetch: answer, development, id: 5 });
  const prototype = Object.getPrototypeOf(server);
  const inherited: string[] = [];
  for (const key in server) inherited.push(key);
  seen[`shape, development: ${development}`] = {
    own: Reflect.ownKeys(server).map(String),
    inherited,
    members: Object.getOwnPropertyNames(prototype).map((name) => {
      const { value, get, set, ...rest } = Object.getOwnPropertyDescriptor(prototype, name)!;
      return [name, value === undefined ? typeof get : typeof value, typeof set, value?.name, rest];
    }),
    tag: Object.prototype.toString.call(server),
    constructor: server.constructor === Object,
    json: JSON.stringify(server),
    shown: Bun.inspect(server).match(/^ {2}\w+/gm),
    values: ["development", "id", "protocol", "pendingRequests", "pendingWebSockets"].map((key) =>
      server[key]
    ),
    place: [typeof server.port, typeof server.hostname, server.url.protocol, typeof server.address],
    address: path === "" && Object.keys(server.address),
    same: [server.ref() === server, server.unref() === server, server.ref() === server],
  };
  const stopped = server.stop();
  seen[`stopped, development: ${development}`] = [
    stopped instanceof Promise,
    await stopped,
    server.port,
    server.hostname,
    await outcome(() => server.stop()),
    await outcome(() => server.stop(true)),
    await outcome(() => server.reload({ fetch: answer }) === server),
    await outcome(() => server[Symbol.dispose]()),
    await outcome(() => server.closeIdleConnections()),
    await outcome(() => server.fetch("http://a/")),
  ];
}

const request = new Request("http://a/");
const odd: unknown[][] = [
  ...[[], [undefined], [null], [1], ["x"], [""], [{}], [request], [request, 1], [request, "x"]],
  ...[["x", "y"], ["x", 1], ["x", undefined]],
];
const names = ["requestIP", "timeout", "upgrade", "publish", "subscriberCount", "reload"];
for (const [kind, more] of Object.entries({ plain: {}, socket: { websocket: { message() {} } } })) {
  const server = start({ fetch: answer, ...more });
  for (const name of names) {
    for (const args of odd) {
      // Of an empty topic Bun knows nothing only where it has sockets.
      if (name === "publish" && args[0] === "" || name === "reload" && args[0] === request) {
        continue;
      }
      const key = `${kind} ${name}(${args.map((arg) => inspect(arg).split("\n")[0])})`;
      seen[key] = await outcome(() => {
        const result = server[name](...args);
        return result === server ? "itself" : result;
      });
    }
  }
  await server.stop(true);
}

const routed = start({ routes: { "/a": answer } });
seen["fetch without a handler"] = await outcome(() => routed.fetch("http://a/a"));
await routed.stop();
const told = start({
  fetch: (request: Request) => new Response(`${request.method} ${new URL(request.url).pathname}`),
});
for (
  const args of [["/x"], ["http://b/y?z"], [new URL("http://b/y")], [request], [], [1], [{}], [""]]
) {
  seen[`fetch(${inspect(args[0]).split("\n")[0]})`] = await outcome(() => told.fetch(...args));
}
const urlOf = async (input: unknown) => (await told.fetch(input)).url;
const away = [await urlOf("http://b/y?z"), await urlOf(new Request("http://b/y#z"))];
seen["URLs of what fetch gives"] = [...away, (await urlOf("/x")).endsWith("/x")];
seen["fetch with options"] = await outcome(() => told.fetch("/x", { method: "PUT" }));
await told.stop();
const other = start({ fetch: () => fetch("data:text/plain,other") });
seen["URL of what another server has given"] = (await other.fetch("http://b/")).url;
await other.stop();
const kept = answer();
const keeping = start({ fetch: () => kept });
const given = [await keeping.fetch("http://b/1"), await keeping.fetch("http://b/2")];
seen["URLs of one that is kept"] = given.map((one) => [one === kept, one.url]);
await keeping.stop();
for (const result of [undefined, null, 1, "x"]) {
  const empty = start({ fetch: () => result });
  seen[`fetch of a handler that gives ${result}`] = await outcome(() => empty.fetch("http://a/"));
  await empty.stop();
}
const failing = start({
  fetch() {
    throw new RangeError("x");
  },
});
seen["fetch of a handler that throws"] = await outcome(() => failing.fetch("http://a/"));
await failing.stop();
console.log(JSON.stringify(seen));
