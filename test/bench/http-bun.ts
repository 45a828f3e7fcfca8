/** The same apps over HTTP, by `Bun.serve`. */

import process from "node:process";
import { handlerOf } from "./apps.ts";

const { Bun } = globalThis as unknown as { Bun: { serve(options: object): void } };

Bun.serve({ unix: process.argv[2]!, fetch: handlerOf(process.argv[3]) });
