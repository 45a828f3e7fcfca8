/** `scgi serve`, or a script that calls `serve()`, as a child process under each runtime. */

import { join } from "node:path";
import process from "node:process";
import { Child } from "./child.ts";
import { forNode, node } from "./node.ts";
import { root } from "./root.ts";

export type Runtime = "bun" | "deno" | "node";

/** The runtimes that have a server for fetch handlers of their own, which `scgi run` stands in for. */
export const servingRuntimes = ["bun", "deno"] as const;

/** Bun and Deno come with the project's packages; Node is tested where it is installed. */
const tested = node !== undefined || process.env.REQUIRE_WEB_SERVERS === "1";

/** The runtimes that a server can be started under. */
export const runtimes: readonly Runtime[] = tested ? ["bun", "deno", "node"] : ["bun", "deno"];

/** A running server. */
export interface ServerProcess extends AsyncDisposable {
  /** The process id, to measure it. */
  readonly pid: number;
  /** Its exit status when it ends, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** Sends it a signal. */
  kill(signal: NodeJS.Signals): void;
  /** What it wrote to stdout so far. */
  stdout(): string;
  /** What it wrote to stderr so far. */
  stderr(): string;
  /** Ends it with SIGTERM; throws when it does not drain and exit with status 0. */
  stop(): Promise<void>;
}

/** What to start. */
export interface ServeOptions {
  runtime: Runtime;
  /** The module to serve, from the project's folder. */
  module: string;
  /** The address to listen at, as `--listen` takes it. */
  listen: string;
  /** Further options of the command. */
  args?: string[];
  /** The soft limit of its file descriptors; that of the tests unless given. */
  descriptors?: number;
}

/** Starts `scgi serve` and waits until it says that it listens. */
export function startServer(options: ServeOptions): Promise<ServerProcess> {
  const { runtime, module, listen, args = [], descriptors } = options;
  const script = ["src/cli.ts", "serve", module, "--listen", listen, ...args];
  return startScript(runtime, script, descriptors === undefined ? {} : { descriptors });
}

/** Starts a script of the project, and waits until it says that it listens. */
export async function startScript(
  runtime: Runtime,
  script: string[],
  options: ScriptOptions = {},
): Promise<ServerProcess> {
  const child = spawnScript(runtime, script, options);
  await child.until(() => /^Listening on /m.test(child.stdout + child.stderr), "it listened");
  const stop = async () => {
    const status = await child.stop();
    if (status !== 0) throw new Error(`The server ended with ${status}:\n${child.stderr}`);
  };
  return {
    pid: child.pid,
    exited: child.exited,
    kill: (signal) => child.kill(signal),
    stdout: () => child.stdout,
    stderr: () => child.stderr,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** How a script is started. */
export interface ScriptOptions {
  /** Deno's permissions; all unless given. */
  permissions?: string[];
  /** Environment variables beside those of the tests. */
  env?: Record<string, string>;
  /** A file descriptor that it inherits as its number 3. */
  fd?: number;
  /** The soft limit of its file descriptors. */
  descriptors?: number;
}

/** Starts a script of the project, and waits for nothing. */
export function spawnScript(
  runtime: Runtime,
  script: string[],
  { permissions = ["-A"], ...options }: ScriptOptions = {},
): Child {
  return new Child(...command(runtime, script, permissions), { cwd: root, ...options });
}

/** What runs a script of the project, or one beside it. */
export function command(
  runtime: Runtime,
  script: string[],
  permissions: string[] = ["-A"],
): [program: string, args: string[]] {
  if (runtime === "node") return [node ?? "node", script.map(forNode)];
  // The packages of the tests are those of node_modules, and need no network.
  const deno = ["run", "--no-prompt", "--node-modules-dir=manual", ...permissions];
  const run = runtime === "deno" ? deno : [];
  return [join(root, "node_modules/.bin", runtime), [...run, ...script]];
}
