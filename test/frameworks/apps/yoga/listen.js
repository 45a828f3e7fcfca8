import { createServer } from "node:http";
import process from "node:process";
import { yoga } from "./app.js";

const [hostname, port] = ["127.0.0.1", Number(process.env.PORT ?? 3000)];
if (globalThis.Bun) Bun.serve({ fetch: yoga, hostname, port });
else if (globalThis.Deno) Deno.serve({ hostname, port }, yoga.fetch);
else createServer(yoga).listen(port, hostname);
