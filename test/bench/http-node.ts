/** The same apps over HTTP, by `@hono/node-server`. */

import { createAdaptorServer } from "@hono/node-server";
import process from "node:process";
import { handlerOf } from "./apps.ts";

createAdaptorServer({ fetch: handlerOf(process.argv[3]) }).listen(process.argv[2]!);
