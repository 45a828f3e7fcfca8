/** The same Hono app over HTTP, by `@hono/node-server`. */

import { createAdaptorServer } from "@hono/node-server";
import process from "node:process";
import { hono } from "./apps.ts";

createAdaptorServer({ fetch: hono.fetch }).listen(process.argv[2]!);
