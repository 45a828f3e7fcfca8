/** The end of a server under load, behind nginx: what it has accepted is answered. */

import { afterAll, expect, test } from "bun:test";
import process from "node:process";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/require.ts";
import { runtimes, startServer } from "../support/server.ts";
import { sockets, startStack } from "../support/stack.ts";
import { startWebServer } from "../support/web-server.ts";

const module = "test/e2e/app.ts";

interface Load {
  /** How often which status came so far. */
  readonly statuses: Record<number, number>;
  /** The processes that answered so far. */
  readonly processes: ReadonlySet<number>;
  stop(): Promise<void>;
}

/** Asks for pages, so many at a time, until it is told to stop. */
function load(origin: string, atATime: number): Load {
  const statuses: Record<number, number> = {};
  const processes = new Set<number>();
  let going = true;
  const asking = Array.from({ length: atATime }, async () => {
    while (going) {
      const reply = await fetch(`${origin}/slowly`);
      const { status } = reply;
      const text = await reply.text();
      if (status === 200) processes.add(Number(text));
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });
  const stop = async () => {
    going = false;
    await Promise.all(asking);
  };
  return { statuses, processes, stop };
}

/** Whether a process of that id runs. */
function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

for (const runtime of runtimes) {
  for (const socket of sockets) {
    describeWith("nginx", `SIGTERM under load (nginx, ${runtime}, ${socket})`, () => {
      test("loses no request that was accepted", async () => {
        await using stack = await startStack(runtime, socket, { module, args: ["--log"] });
        const { statuses, stop } = load(stack.web.origin, 16);
        await eventually(() => statuses[200] ?? 0, (answered) => answered > 50);
        stack.server.kill("SIGTERM");
        expect(await stack.server.exited).toBe(0);
        await stop();
        const { 200: answered = 0, 502: _notAccepted, ...rest } = statuses;
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
      const { statuses, processes, stop } = load(web.origin, 16);
      const running = () => [...processes].filter(runs);
      const both = () => eventually(running, (workers) => workers.length === 2);
      for (let reload = 0; reload < 3; reload++) {
        const before = await both();
        server.kill("SIGHUP");
        await eventually(() => before.filter(runs), (left) => left.length === 0);
      }
      await both();
      await stop();
      expect(Object.keys(statuses)).toEqual(["200"]);
      expect(web.errors()).toEqual([]);
      await server.stop();
    }, 30_000);
  });
}
