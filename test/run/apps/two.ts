/** Two servers: an app at $PORT, and one for its administrator at the port that an argument names. */

import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Bun, Deno } = globalThis as any;
const hostname = "127.0.0.1";
const servers: [port: number, text: string][] = [
  [Number(process.env.PORT ?? 0), "the app"],
  [Number(process.argv[2]), "the administrator"],
];

for (const [port, text] of servers) {
  const fetch = () => new Response(text);
  if (Bun !== undefined) Bun.serve({ port, hostname, fetch });
  else Deno.serve({ port, hostname, onListen() {} }, fetch);
}
