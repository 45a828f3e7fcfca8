/** `gateway()` by itself, behind the server that a runtime has for fetch handlers. */

import process from "node:process";
import { gateway } from "../../src/gateway.ts";

const [to = "", port = ""] = process.argv.slice(2);
const fetch = gateway({ to });
const options = { hostname: "127.0.0.1", port: Number(port) };

const { Bun, Deno } = globalThis as unknown as {
  Bun?: { serve(options: object): void };
  Deno?: { serve(options: object, handler: typeof fetch): void };
};
if (Bun !== undefined) Bun.serve({ ...options, fetch });
else Deno!.serve({ ...options, onListen() {} }, fetch);
console.log(`Listening on ${port}`);
