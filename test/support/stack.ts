/** A web server in front of an SCGI server, on each runtime and over each kind of socket. */

import { afterAll, beforeAll } from "bun:test";
import process from "node:process";
import { freePort, removeFolder, temporaryFolder } from "./address.ts";
import { type Nginx, startNginx } from "./nginx.ts";
import { describeWith } from "./require.ts";
import { type Runtime, runtimes, type ServerProcess, startServer } from "./server.ts";

/** The kinds of socket between the two. */
export const sockets = ["TCP", "Unix socket"] as const;
export type SocketKind = (typeof sockets)[number];

/** nginx and the server behind it, while the tests of one combination run. */
export interface Stack extends AsyncDisposable {
  readonly nginx: Nginx;
  readonly server: ServerProcess;
}

/** Where a stack comes from. */
export interface StackOptions {
  /** The module to serve, from the project's folder. */
  module: string;
  /** Further options of `scgi serve`. */
  args?: string[];
}

/** Declares the tests once for each runtime and kind of socket, with nginx in front. */
export function describeStacks(
  title: string,
  options: StackOptions,
  tests: (stack: () => Stack, runtime: Runtime, socket: SocketKind) => void,
): void {
  for (const runtime of runtimes) {
    for (const socket of sockets) {
      describeWith("nginx", `${title} (nginx, ${runtime}, ${socket})`, () => {
        let stack: Stack | undefined;
        beforeAll(async () => {
          stack = await startStack(runtime, socket, options);
        });
        afterAll(() => stack?.[Symbol.asyncDispose]());
        tests(() => stack!, runtime, socket);
      });
    }
  }
}

/** Starts the server, and nginx in front of it. */
export async function startStack(
  runtime: Runtime,
  socket: SocketKind,
  { module, args = [] }: StackOptions,
): Promise<Stack> {
  await using started = new AsyncDisposableStack();
  const folder = started.adopt(temporaryFolder(), removeFolder);
  const listen = socket === "TCP" ? `127.0.0.1:${await freePort()}` : `unix:${folder}/app.sock`;
  // nginx started by root gives its workers to www-data, who must be let in.
  const group = socket !== "TCP" && process.getuid?.() === 0 ? ["--group", "www-data"] : [];
  const all = [...group, ...args];
  const server = started.use(await startServer({ runtime, module, listen, args: all }));
  const nginx = started.use(await startNginx(listen));
  const running = started.move();
  return { nginx, server, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
