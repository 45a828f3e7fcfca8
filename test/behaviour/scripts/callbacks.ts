/** Serves with callbacks that do what the words of the command line say, and throws what paths say. */

import { formatAddress, serve, type ServeOptions, type Server } from "scgi";
import process from "node:process";

const [, , listen = "", ...words] = process.argv;

const fail = (name: string, how: string | undefined): Promise<never> | undefined => {
  if (how === "throws") throw new Error(`${name} threw`);
  return how === "rejects" ? Promise.reject(new Error(`${name} rejected`)) : undefined;
};

/** What the callback of a name is to do. */
const how = (name: string): string | undefined =>
  words.find((word) => word.startsWith(`${name}-`))?.slice(name.length + 1);

class Broken extends Error {
  override get message(): string {
    throw new Error("no message");
  }
  override get stack(): string {
    throw new Error("no stack");
  }
  override get cause(): unknown {
    throw new Error("no cause");
  }
}

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const failing = new Proxy({}, {
  get: () => {
    throw new Error("no trap");
  },
});
const cycle = new Error("a cycle");
cycle.cause = cycle;

const thrown: Record<string, () => unknown> = {
  error: () => new Error("an error"),
  traps: () => new Proxy({}, failing),
  function: () => new Proxy(() => {}, failing),
  revoked: () => revoked.proxy,
  getters: () => new Broken(),
  null: () => Object.create(null),
  symbol: () => Symbol("a symbol"),
  cycle: () => cycle,
  aggregate: () => new AggregateError([new Error("one"), revoked.proxy, "two"], "several"),
  custom: () => ({
    [Symbol.for("nodejs.util.inspect.custom")]: () => fail("inspect", "throws"),
    [Symbol.for("Deno.customInspect")]: () => fail("inspect", "throws"),
    toString: () => fail("toString", "throws"),
  }),
  text: () => "x".repeat(10_000_000),
  message: () => new Error("x".repeat(10_000_000)),
  controls: () => new Error("one\n\ttwo \x1b[2J \x9b2J \u202e \u2028 \u200b three"),
};

const options: ServeOptions = { listen };
if (how("log") !== undefined) options.log = () => fail("log", how("log"));
if (how("onListen") !== undefined) options.onListen = () => fail("onListen", how("onListen"));
if (how("onError") !== undefined) options.onError = () => fail("onError", how("onError"));
if (words.includes("onError-pends")) options.onError = () => new Promise(() => {});
if (words.includes("soon")) options.requestTimeout = 200;
if (words.includes("onError-gives")) options.onError = () => "text" as never;
if (words.includes("onError-gives-revoked")) options.onError = () => revoked.proxy as never;
if (words.includes("log-tells")) options.log = (line) => console.log(line);
if (words.includes("console-throws")) {
  console.error = () => {
    throw new Error("console.error threw");
  };
}

const { now } = Date;

const server: Server = serve(({ url }): Response | Promise<Response> => {
  const name = new URL(url).pathname.slice(1);
  if (name === "stats") return Response.json(server.stats());
  if (name === "clock") Date.now = () => now() + 3_600_000;
  if (name === "hang") return new Promise(() => {});
  if (name in thrown) throw thrown[name]!();
  return new Response("Hello\n");
}, options);
process.on("SIGTERM", async () => {
  await server.shutdown();
  process.exit(0);
});
await server.ready;
console.log(`Listening on ${formatAddress(server.addr!)}`);
