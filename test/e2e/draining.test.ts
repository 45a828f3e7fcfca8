/** The end of a server under load, behind nginx: what it has accepted is answered. */

import { afterAll, expect, test } from "bun:test";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { describeWith } from "../support/require.ts";
import { runtimes, startServer } from "../support/server.ts";
import { sockets, startStack } from "../support/stack.ts";
import { startWebServer } from "../support/web-server.ts";

const module = "test/e2e/app.ts";

/** Asks for pages, so many at a time, until it is told to stop. Gives how often which status came. */
function load(origin: string, atATime: number): () => Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  let going = true;
  const asking = Array.from({ length: atATime }, async () => {
    while (going) {
      const { status } = await fetch(`${origin}/slowly`);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });
  return async () => {
    going = false;
    await Promise.all(asking);
    return statuses;
  };
}

for (const runtime of runtimes) {
  for (const socket of sockets) {
    describeWith("nginx", `SIGTERM under load (nginx, ${runtime}, ${socket})`, () => {
      test("loses no request that was accepted", async () => {
        await using stack = await startStack(runtime, socket, { module, args: ["--log"] });
        const stop = load(stack.web.origin, 16);
        await new Promise((resolve) => setTimeout(resolve, 500));
        stack.server.kill("SIGTERM");
        expect(await stack.server.exited).toBe(0);
        const { 200: answered = 0, 502: _notAccepted, ...rest } = await stop();
        expect(answered).toBeGreaterThan(50);
        expect(rest).toEqual({});
        // Each line is a request that the server has accepted.
        expect(stack.server.stdout().match(/" 200 /g)).toHaveLength(answered);
        expect(stack.server.stdout().match(/^\S+ - /gm)).toHaveLength(answered);
      }, 30_000);
    });
  }

  describeWith("nginx", `SIGHUP with workers under load (nginx, ${runtime})`, () => {
    const folder = temporaryFolder();
    afterAll(() => removeFolder(folder));

    test("replaces them, and no request fails", async () => {
      const listen = `unix:${folder}/app.sock`;
      const start = () =>
        startServer({ runtime, module, listen, args: ["--group", "www-data", "--workers", "2"] });
      const server = await start();
      await using web = await startWebServer("nginx", { listen });
      const stop = load(web.origin, 16);
      for (let reload = 0; reload < 3; reload++) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        server.kill("SIGHUP");
      }
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(Object.keys(await stop())).toEqual(["200"]);
      expect(web.errors()).toEqual([]);
      await server.stop();
    }, 30_000);
  });
}
