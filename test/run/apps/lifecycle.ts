/**
 * Lives of servers: `lifecycle.ts NAME` lives one and prints what came of it. What has no port of
 * its own takes a free one.
 */

import process from "node:process";

// One file for both runtimes, each of which knows the types of the other one not.
// deno-lint-ignore no-explicit-any
const { Bun, Deno } = globalThis as any;
const at = { port: 0, hostname: "127.0.0.1" };
const hello = () => new Response("Hello");
const outcome = (promise: Promise<unknown>) => promise.then(() => "resolved", String);

/** The class of what is thrown. */
function thrown(action: () => unknown): string {
  try {
    action();
    return "nothing";
  } catch (error) {
    return error instanceof TypeError ? "TypeError" : "another error";
  }
}

const lives: Record<string, () => unknown> = {
  "bun unref": () => {
    Bun.serve({ ...at, fetch: hello }).unref();
    return "unreferenced";
  },
  "bun ref": async () => {
    const server = Bun.serve({ ...at, fetch: hello });
    server.unref();
    server.ref();
    setTimeout(() => server.stop(), 200);
    return await outcome(new Promise<void>((resolve) => setTimeout(resolve, 300).unref()));
  },
  "bun stop": async () => {
    const server = Bun.serve({ ...at, fetch: hello });
    return [await outcome(server.stop()), await outcome(server.stop(true))];
  },
  "bun using": () => {
    using server = Bun.serve({ ...at, fetch: hello });
    return typeof server.stop;
  },
  "bun told wrong": () => {
    Bun.serve({ ...at, fetch: hello }).stop();
    return [
      thrown(() => Bun.serve({ ...at })),
      thrown(() => Bun.serve({ ...at, routes: { "no-slash": hello } })),
    ];
  },
  "bun reload": () => {
    const server = Bun.serve({ ...at, fetch: hello });
    const same = server.reload({ fetch: hello }) === server;
    server.stop();
    return same;
  },

  "deno unref": () => {
    Deno.serve({ ...at, onListen() {} }, hello).unref();
    return "unreferenced";
  },
  "deno ref": async () => {
    const server = Deno.serve({ ...at, onListen() {} }, hello);
    server.unref();
    server.ref();
    Deno.unrefTimer(setTimeout(() => {}, 10_000));
    setTimeout(() => server.shutdown(), 200);
    return await outcome(server.finished);
  },
  "deno shutdown": async () => {
    const server = Deno.serve({ ...at, onListen() {} }, hello);
    const order: string[] = [];
    const finished = server.finished.then(() => order.push("finished"));
    await server.shutdown();
    await finished;
    return [order, await outcome(server.shutdown())];
  },
  "deno signal": async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const server = Deno.serve({ ...at, signal, onListen() {} }, hello);
    controller.abort();
    return await outcome(server.finished);
  },
  "deno disposal": async () => {
    let finished: Promise<void>;
    {
      await using server = Deno.serve({ ...at, onListen() {} }, hello);
      finished = server.finished;
    }
    return await outcome(finished);
  },
  "deno onListen": async () => {
    const told: string[][] = [];
    const server = Deno.serve({
      ...at,
      onListen: (address: object) => told.push(Object.keys(address).sort()),
    }, hello);
    const [early] = [told.length];
    const same = Object.keys(server.addr).sort();
    await server.shutdown();
    return { early, told, same };
  },
  "deno told wrong": async () => {
    await Deno.serve({ ...at, onListen() {} }, hello).shutdown();
    return [
      thrown(() => Deno.serve()),
      thrown(() => Deno.serve({ ...at })),
      thrown(() => Deno.serve({ ...at }, "text")),
    ];
  },
};

const name = process.argv[2] ?? "";
console.log(JSON.stringify(await lives[name]!()));
