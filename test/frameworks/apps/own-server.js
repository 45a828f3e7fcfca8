/** Serves an app's default export over HTTP at $PORT: `bun own-server.js APP`, on Node as well. */

import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const { default: app } = await import(pathToFileURL(resolve(process.argv[2])).href);
const fetch = (request, info) => app.fetch(request, info);
const [hostname, port] = ["127.0.0.1", Number(process.env.PORT)];
if (globalThis.Bun) Bun.serve({ fetch, hostname, port });
else if (globalThis.Deno) Deno.serve({ hostname, port }, fetch);
else (await import("@hono/node-server")).serve({ fetch, hostname, port });
