/**
 * Serves handlers that fail, twice: with the address of its first argument as a user does who says
 * nothing, and with a request timeout and an `onError` that fails as well. A third server tells what
 * is left. Ends by itself when it was told to stop and nothing holds it.
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { formatAddress, serve, type ServeOptions, type Server } from "scgi";
import { begun, hasBegun, routes } from "./handlers.ts";

const { listen, failing } = addresses(process.argv[2]!);
const counts = { unhandled: 0, reported: 0 };
process.on("unhandledRejection", (error) => {
  counts.unhandled++;
  console.error("unhandled:", error);
});

function handler(
  request: Request,
  _env: Record<string, unknown>,
  ctx: Parameters<(typeof routes)[string]>[1],
): Response | Promise<Response> {
  const [, name = "", id = ""] = new URL(request.url).pathname.split("/");
  begun(id);
  return routes[name]!(request, ctx, id);
}

const limits: ServeOptions = {
  headTimeout: 2000,
  bodyTimeout: 2000,
  writeTimeout: 2000,
  drainTimeout: 1000,
  // Longer than a test: a process that ends held nothing.
  shutdownTimeout: 600_000,
};

const plain = serve(handler, { listen, ...limits });
const strict = serve(handler, {
  listen: failing,
  ...limits,
  requestTimeout: 150,
  onError(error, request): Response | Promise<Response> | undefined {
    counts.reported++;
    const { pathname = "" } = request === undefined ? {} : new URL(request.url);
    switch (pathname.split("/")[2]) {
      case "onError-throws":
        throw error;
      case "onError-rejects":
        return Promise.reject(error);
      case "onError-used": {
        const response = new Response("used");
        return response.text().then(() => response);
      }
      case "onError-not-a-response":
        return { status: 200 } as Response;
      case "onError-fails-later":
        return new Response(
          new ReadableStream({
            async pull() {
              await sleep(5);
              throw error;
            },
          }),
        );
    }
  },
});
const servers: Server[] = [plain, strict];

/** What the servers hold, and what went wrong beside them. */
const control = serve((request) => {
  const [, name, id = ""] = new URL(request.url).pathname.split("/");
  if (name === "begun") return Response.json(hasBegun(id));
  const active = servers.reduce((sum, server) => sum + server.stats().active, 0);
  return Response.json({ active, ...counts });
}, { port: 0, shutdownTimeout: 600_000 });

process.once("SIGTERM", () => {
  for (const server of [...servers, control]) server.shutdown();
});
await Promise.all([...servers, control].map(({ ready }) => ready));
console.log(`Failing ${formatAddress(strict.addr!)}\nControl ${formatAddress(control.addr!)}`);
console.log(`Listening on ${formatAddress(plain.addr!)}`);

function addresses(listen: string): { listen: string; failing: string } {
  return { listen, failing: listen.startsWith("unix:") ? `${listen}2` : "127.0.0.1:0" };
}
