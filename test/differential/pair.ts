/** The app over HTTP and over SCGI, each straight and behind nginx. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { answers, freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import type { Child } from "../support/child.ts";
import { startFront } from "../support/front.ts";
import { type Runtime, spawnScript } from "../support/server.ts";
import { startWebServer } from "../support/web-server.ts";
import type { Via } from "./case.ts";
import { answerUpstream } from "./upstream.ts";
import type { Door } from "./try-case.ts";
import { http, scgi } from "./wire.ts";

/** The commands that serve over SCGI. */
export type Command = "run" | "serve";

/** The app over one of the protocols. */
export interface Side {
  readonly doors: Record<Via, Door>;
  readonly child: Child;
}

/** The app over both protocols, while it runs. */
export interface Pair extends AsyncDisposable {
  readonly http: Side;
  readonly scgi: Side;
}

/** The settings of nginx for an HTTP server that are those of `scgi config nginx` for an SCGI server. */
const proxied = (port: number) => `
    client_max_body_size 1g;
    client_body_buffer_size 64k;
    large_client_header_buffers 4 16k;
    location / {
      proxy_pass http://127.0.0.1:${port};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffer_size 16k;
      proxy_buffers 8 16k;
      proxy_read_timeout 1h;
      proxy_next_upstream off;
    }
`;

/** Starts the app over both protocols on a runtime. */
export async function startPair(runtime: Runtime, command: Command): Promise<Pair> {
  await using stack = new AsyncDisposableStack();
  const newFolder = () => stack.adopt(temporaryFolder(), removeFolder);
  const upstream = stack.adopt(createServer(answerUpstream), closed);
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const env = () => ({
    GATE_FOLDER: newFolder(),
    GATE_UPSTREAM: String((upstream.address() as AddressInfo).port),
  });
  const own = await freePort();
  const bare = command === "serve" ? ["bare"] : [];
  const served = ["test/differential/served.ts", ...bare];
  const ours = spawnScript(runtime, served, { env: { ...env(), PORT: String(own) } });
  stack.adopt(ours, stopped);
  await ours.until(() => answers(own), "it listened");

  const port = await freePort();
  const unix = `${newFolder()}/app.sock`;
  const group = process.getuid?.() === 0 ? ["--group", "www-data"] : [];
  // A script with one server has one address.
  const words = command === "run" ? ["run", "--listen", `127.0.0.1:${port}`, ...served] : [
    ...["serve", "--listen", `127.0.0.1:${port}`, "--listen", `unix:${unix}`, ...group],
    "test/differential/module.ts",
  ];
  const child = stack.adopt(
    spawnScript(runtime, ["src/cli.ts", ...words], { env: env() }),
    stopped,
  );
  await child.until(() => /^Listening on /m.test(child.stdout + child.stderr), "it listened");
  const listen = command === "run" ? `127.0.0.1:${port}` : `unix:${unix}`;
  const front = stack.use(await startFront("nginx", proxied(own)));
  const web = stack.use(await startWebServer("nginx", { listen }));
  const running = stack.move();
  return {
    http: {
      child: ours,
      doors: {
        straight: { port: own, protocol: http },
        nginx: { port: front.port, protocol: http },
      },
    },
    scgi: {
      child,
      doors: { straight: { port, protocol: scgi }, nginx: { port: web.port, protocol: http } },
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function stopped(child: Child): Promise<void> {
  child.kill("SIGKILL");
  await child.exited;
}

function closed(server: Server): void {
  server.closeAllConnections();
  server.close();
}
