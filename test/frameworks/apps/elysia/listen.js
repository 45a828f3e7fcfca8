import process from "node:process";
import { app } from "./app.js";

const [hostname, port] = ["127.0.0.1", Number(process.env.PORT ?? 3000)];
if (globalThis.Deno) Deno.serve({ hostname, port }, app.fetch);
else app.listen({ hostname, port });
