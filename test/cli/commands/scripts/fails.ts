/** Fails with no await at its top level; with an argument, after it has started a server. */

import process from "node:process";

interface Runtimes {
  Bun?: { serve(options: { fetch: () => Response }): unknown };
  Deno?: { serve(handler: () => Response): unknown };
}

const { Bun, Deno } = globalThis as unknown as Runtimes;
const fetch = () => new Response("Hello\n");

if (process.argv.length > 2) void (Bun === undefined ? Deno!.serve(fetch) : Bun.serve({ fetch }));

throw new Error("this script fails");
