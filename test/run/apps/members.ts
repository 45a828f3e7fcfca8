/** What a server of `Deno.serve` is, and what the function takes. Prints it as JSON. */

import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Deno } = globalThis as any;
const at = { port: 0, hostname: "127.0.0.1" };
const hello = () => new Response("Hello");
const quiet = { ...at, onListen() {} };

/** The members of a server that a call starts, or what it throws. */
async function outcome(...args: unknown[]): Promise<unknown> {
  try {
    const server = Deno.serve(...args);
    const members = Object.keys(server).sort();
    await server.shutdown();
    return members;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

async function listened(): Promise<unknown> {
  let told: unknown;
  const options = {
    ...at,
    onListen(this: unknown, ...args: object[]) {
      told = [this === options, args.map((arg) => Object.keys(arg).sort())];
    },
  };
  await Deno.serve(options, hello).shutdown();
  return told;
}

async function detached(): Promise<unknown> {
  const { ref, unref, shutdown, finished, addr, ...rest } = Deno.serve(quiet, hello);
  unref();
  ref();
  const stopped = [shutdown(), shutdown()];
  return [await Promise.all(stopped), await finished, addr.transport, Object.keys(rest)];
}

async function aborted(): Promise<unknown> {
  const server = Deno.serve({ ...quiet, signal: AbortSignal.abort() }, hello);
  const waited = new Promise((resolve) => setTimeout(resolve, 100, "serves"));
  const state = await Promise.race([server.finished, waited]);
  return [state, await server.shutdown(), await server.finished];
}

async function disposed(): Promise<unknown> {
  const server = Deno.serve(quiet, hello);
  return [await server[Symbol.asyncDispose](), await server.finished];
}

console.log(JSON.stringify({
  "nothing": await outcome(),
  "undefined": await outcome(undefined),
  "a text": await outcome("text"),
  "no handler": await outcome({ ...quiet }),
  "a handler that is none": await outcome({ ...quiet, handler: "text" }),
  "a second argument that is none": await outcome({ ...quiet }, "text"),
  "options and null": await outcome({ ...quiet, handler: hello }, null),
  "two handlers": await outcome({ ...quiet, handler: "text" }, hello),
  "fetch instead of a handler": await outcome({ ...quiet, fetch: hello }),
  "null for options that may be left out": await outcome(
    { ...at, onListen: () => {}, onError: null, signal: null },
    hello,
  ),
  "further options": await outcome({ ...quiet, automaticCompression: true, tcpBacklog: 9 }, hello),
  "onListen": await listened(),
  "detached members": await detached(),
  "a signal that is aborted already": await aborted(),
  "disposal": await disposed(),
}));
process.exit();
