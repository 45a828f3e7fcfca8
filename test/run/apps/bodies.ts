/** A server whose paths are the names of Responses. */

import process from "node:process";
import { common, ofBun } from "./body-kinds.ts";

const port = Number(process.env.PORT ?? 0);
const hostname = "127.0.0.1";
const kinds = { ...common, ...ofBun };

function handle({ url }: Request): Response | Promise<Response> {
  return kinds[decodeURIComponent(new URL(url).pathname.slice(1))]!();
}

function fail(error: unknown): Response {
  return new Response((error as Error).name, { status: 500 });
}

if ("Bun" in globalThis) {
  Bun.serve({ port, hostname, development: false, fetch: handle, error: fail });
} else {
  // deno-lint-ignore no-explicit-any
  const { Deno } = globalThis as any;
  Deno.serve({ port, hostname, onListen() {}, onError: fail }, handle);
}
