/** Restarts of a server under load through nginx, of which no request may notice anything. */

import process from "node:process";
import { Load } from "../cli/workers/cluster.ts";
import { startFront } from "./front.ts";
import { type Runtime, type ServerProcess, startServer } from "./server.ts";

/** What the restarts have shown. */
export interface Restarts {
  answers: number;
  failures: string[];
  /** The process ids that the last answers and the last server have. */
  last: [answered: number, started: number];
}

/** Where nginx sends requests, and how a new server starts there. */
export interface Restarted {
  runtime: Runtime;
  /** The address, as `--listen` takes it. */
  listen: string;
  args: string[];
  /** Ends a server whose successor is there; by default that ends by itself. */
  end?(old: ServerProcess): Promise<unknown>;
}

/** Starts servers one after the other, each beside the one before, while clients ask. */
export async function restart(times: number, restarted: Restarted): Promise<Restarts> {
  const { runtime, listen, args, end = (old) => old.exited } = restarted;
  const start = () => startServer({ runtime, module: "test/cli/workers/served.ts", listen, args });
  let server = await start();
  const pass = `location / { scgi_pass ${listen}; }`;
  await using nginx = await startFront("nginx", pass);
  const load = Load.through(nginx.origin);
  await load.more(10);
  const ends: Promise<unknown>[] = [];
  try {
    for (let index = 0; index < times; index++) {
      const old = server;
      server = await start();
      ends.push(end(old));
      await load.more(20);
    }
    const statuses = await Promise.all(ends);
    const wrong = statuses.filter((status) => status !== 0 && status !== undefined);
    await load.more(10);
    await load.stop();
    return {
      answers: load.answers,
      failures: [...load.failures, ...wrong.map(String)],
      last: [load.last?.pid ?? 0, server.pid],
    };
  } finally {
    await load.stop();
    await server.stop();
  }
}

/** The flags with which nginx, whose processes are another user's, may connect. */
export const forNginx: readonly string[] = process.getuid?.() === 0 ? ["--group", "www-data"] : [];
