/** A server with TLS, with the certificate and the key that its arguments name. */

import { readFileSync } from "node:fs";
import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Bun, Deno } = globalThis as any;
const [cert, key] = process.argv.slice(2).map((file) => readFileSync(file, "utf8"));
const at = { port: Number(process.env.PORT ?? 0), hostname: "127.0.0.1" };
const fetch = (request: Request) => new Response(request.url.split(":")[0]);

if (Bun !== undefined) Bun.serve({ ...at, tls: { cert, key }, idleTimeout: 30, fetch });
else Deno.serve({ ...at, cert, key, automaticCompression: true, onListen() {} }, fetch);
