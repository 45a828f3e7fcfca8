/** The runtime's own HTTP server, in this process: Bun.serve, Deno.serve, or `@hono/node-server`. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { here } from "./runtime.ts";

/** A running server. */
export interface OwnServer {
  /** Where it listens. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the runtime's own server. What the handler throws is answered with its message. */
export async function startOwn(
  handler: (request: Request) => Response | Promise<Response>,
): Promise<OwnServer> {
  const failed = (error: unknown) => new Response((error as Error).message, { status: 500 });
  const hostname = "127.0.0.1";
  if (here === "bun") {
    const options = { port: 0, hostname, development: false, fetch: handler, error: failed };
    const server = Bun.serve(options);
    return { url: String(server.url), stop: () => server.stop(true) };
  }
  if (here === "deno") {
    // deno-lint-ignore no-explicit-any
    const { Deno } = globalThis as any;
    const options = { port: 0, hostname, onListen() {}, onError: failed };
    const server = Deno.serve(options, handler);
    const url = `http://${hostname}:${server.addr.port}/`;
    return { url, stop: () => server.shutdown() };
  }
  // It prints what it cannot send.
  const { error } = console;
  console.error = () => {};
  const { serve } = await import("@hono/node-server");
  const server = serve({ fetch: handler, port: 0, hostname, overrideGlobalObjects: false });
  await once(server, "listening");
  return {
    url: `http://${hostname}:${(server.address() as AddressInfo).port}/`,
    stop: () => {
      console.error = error;
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
