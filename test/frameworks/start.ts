/** Starts an app by its runtime and framework, and by scgi behind nginx. */

import process from "node:process";
import { answers, freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { root } from "../support/root.ts";
import { command, type Runtime, spawnScript } from "../support/server.ts";
import { startWebServer } from "../support/web-server.ts";
import type { App } from "./apps.ts";
import { Side } from "./side.ts";
import { Upstream } from "./upstream.ts";

/** What is started of an app: its `listen.js`, or the default export of its `app.js`. */
export type Part = "listen" | "app";

/** Starts an app over HTTP, as its framework says. */
export function startOverHttp(runtime: Runtime, app: App, part: Part): Promise<Side> {
  return start(runtime, async (stack, env) => {
    const port = await freePort();
    const [program, words] = native(runtime, app, part, String(port));
    const child = new Child(program, words, { cwd: root, env: { ...env, PORT: String(port) } });
    stack.adopt(child, stopped);
    await child.until(() => answers(port), "it listened");
    return port;
  });
}

/** Starts an app over SCGI, behind nginx. */
export function startOverScgi(
  runtime: Runtime,
  app: App,
  part: Part,
  way: "serve" | "run",
): Promise<Side> {
  return start(runtime, async (stack, env) => {
    const folder = stack.adopt(temporaryFolder(), removeFolder);
    const listen = `unix:${folder}/app.sock`;
    // nginx started by root gives its workers to www-data, who must be let in.
    const group = process.getuid?.() === 0 ? ["--group", "www-data"] : [];
    const words = ["src/cli.ts", way, "--listen", listen, ...group, fileOf(app, part)];
    const child = stack.adopt(spawnScript(runtime, words, { env }), stopped);
    const listens = () => /^Listening on .*SCGI/m.test(child.stdout + child.stderr);
    await child.until(listens, "it listened");
    return stack.use(await startWebServer("nginx", { listen })).port;
  });
}

type Start = (stack: AsyncDisposableStack, env: Record<string, string>) => Promise<number>;

/** Starts an app with an upstream and a folder of its own. */
async function start(runtime: Runtime, listen: Start): Promise<Side> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(new Upstream());
  const data = stack.adopt(temporaryFolder(), removeFolder);
  const port = await listen(stack, {
    NODE_ENV: "production",
    UPSTREAM: upstream.origin,
    DATA: data,
  });
  return new Side(runtime, `http://127.0.0.1:${port}`, upstream, stack.move());
}

/** The command that starts an app over HTTP. */
function native(
  runtime: Runtime,
  app: App,
  part: Part,
  port: string,
): [program: string, words: string[]] {
  const file = fileOf(app, part);
  if (part === "listen") return command(runtime, [file]);
  // No runtime starts the export of a framework that says how else it is started.
  if (runtime === "node" || app.listens?.includes(runtime)) {
    return command(runtime, ["test/frameworks/apps/own-server.js", file]);
  }
  if (runtime === "bun") return command(runtime, [file]);
  const [program] = command(runtime, []);
  return [program, [
    "serve",
    "-A",
    "--node-modules-dir=manual",
    "--port",
    port,
    "--host",
    "127.0.0.1",
    file,
  ]];
}

function fileOf({ name }: App, part: Part): string {
  return `test/frameworks/apps/${name}/${part}.js`;
}

async function stopped(child: Child): Promise<void> {
  await child.stop();
}
