/** `scgi serve` as a child process, under either runtime. */

import { join } from "node:path";
import { Child } from "./child.ts";

const root = join(import.meta.dirname, "../..");

/** The runtimes that a server can be started under. */
export const runtimes = ["bun", "deno"] as const;
export type Runtime = (typeof runtimes)[number];

/** A running `scgi serve`. */
export interface ServerProcess extends AsyncDisposable {
  /** The process id, to measure it. */
  readonly pid: number;
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
}

/** Starts `scgi serve` and waits until it says that it listens. */
export async function startServer(options: ServeOptions): Promise<ServerProcess> {
  const { runtime, module, listen, args = [] } = options;
  const run = runtime === "deno" ? ["run", "-A"] : [];
  const child = new Child(
    join(root, "node_modules/.bin", runtime),
    [...run, "src/cli.ts", "serve", module, "--listen", listen, ...args],
    { cwd: root },
  );
  await child.until(() => /^Listening on /m.test(child.stdout + child.stderr), "it listened");
  const stop = async () => {
    const status = await child.stop();
    if (status !== 0) throw new Error(`The server ended with ${status}:\n${child.stderr}`);
  };
  return { pid: child.pid, stderr: () => child.stderr, stop, [Symbol.asyncDispose]: stop };
}
