import { join } from "node:path";
import process from "node:process";

process.env.HOST ??= "127.0.0.1";
// The adapter for Bun takes every request for one over TLS, unless this field says otherwise.
process.env.PROTOCOL_HEADER ??= "x-forwarded-proto";
process.env.DENO_SERVE_ADDRESS ??= `tcp:127.0.0.1:${process.env.PORT}`;
process.chdir(join(import.meta.dirname, "demo"));
if (globalThis.Deno) await import("./demo/.deno-deploy/server.ts");
else await import("./demo/build/bun/index.js");
