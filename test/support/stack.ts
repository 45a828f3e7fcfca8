/** A web server in front of an SCGI server: each of them, on each runtime, over each socket. */

import { afterAll, beforeAll } from "bun:test";
import process from "node:process";
import { freePort, removeFolder, temporaryFolder } from "./address.ts";
import { describeWith } from "./require.ts";
import { type Runtime, runtimes, type ServerProcess, startServer } from "./server.ts";
import { startWebServer, type WebServer, type WebServerName, webServers } from "./web-server.ts";

/** The kinds of socket between the two. */
export const sockets = ["TCP", "Unix socket"] as const;
export type SocketKind = (typeof sockets)[number];

/** One of the combinations. */
export interface Combination {
  readonly web: WebServerName;
  readonly runtime: Runtime;
  readonly socket: SocketKind;
}

/** Each combination once. */
export const combinations: readonly Combination[] = webServers.flatMap((web) =>
  runtimes.flatMap((runtime) => sockets.map((socket) => ({ web, runtime, socket })))
);

/** A web server and the server behind it, while the tests of one combination run. */
export interface Stack extends AsyncDisposable {
  readonly web: WebServer;
  readonly server: ServerProcess;
  /** The address between the two. */
  readonly listen: string;
}

/** Where a stack comes from. */
export interface StackOptions {
  /** The module to serve, from the project's folder. */
  module: string;
  /** Further options of `scgi serve`. */
  args?: string[];
  /** The prefix that the web server mounts it under. */
  mount?: string;
  /** The web server, where one alone is started. nginx unless set. */
  web?: WebServerName;
}

/** Declares the tests once for each combination. */
export function describeStacks(
  title: string,
  options: StackOptions,
  tests: (stack: () => Stack, on: Combination) => void,
): void {
  for (const on of combinations) {
    const { web, runtime, socket } = on;
    describeWith(web, `${title} (${web}, ${runtime}, ${socket})`, () => {
      let stack: Stack | undefined;
      beforeAll(async () => {
        stack = await startStack(runtime, socket, { ...options, web });
      }, 30_000);
      afterAll(() => stack?.[Symbol.asyncDispose](), 30_000);
      tests(() => stack!, on);
    });
  }
}

/** Starts the server, and a web server in front of it. */
export async function startStack(
  runtime: Runtime,
  socket: SocketKind,
  { module, args = [], mount, web: name = "nginx" }: StackOptions,
): Promise<Stack> {
  await using started = new AsyncDisposableStack();
  const folder = started.adopt(temporaryFolder(), removeFolder);
  const listen = socket === "TCP" ? `127.0.0.1:${await freePort()}` : `unix:${folder}/app.sock`;
  // A web server started by root gives its workers to www-data, who must be let in.
  const group = socket !== "TCP" && process.getuid?.() === 0 ? ["--group", "www-data"] : [];
  const all = [...group, ...args];
  const server = started.use(await startServer({ runtime, module, listen, args: all }));
  const web = started.use(await startWebServer(name, { listen, mount }));
  const running = started.move();
  return { web, server, listen, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
