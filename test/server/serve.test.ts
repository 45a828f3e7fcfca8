/** The object that `serve()` returns. */

import { expect, test } from "bun:test";
import { serve } from "../../src/server/serve.ts";

test("a server shows its public members alone", async () => {
  const server = serve(() => new Response("Hello"), { port: 0 });
  await server.ready;
  expect(Object.keys(server).sort()).toEqual(["finished", "ready"]);
  const prototype = Object.getPrototypeOf(server);
  expect(Object.getOwnPropertyNames(prototype).sort())
    .toEqual(["addr", "addrs", "constructor", "ref", "shutdown", "stats", "unref"]);
  await server.shutdown();
});
