/** Hello by a script that calls `serve()` of the built package. */

import { serve } from "../../dist/mod.js";

// Loading `node:process` would take Deno 8 ms.
const [path] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2);
serve(() => new Response("Hello World\n"), { unix: path });
