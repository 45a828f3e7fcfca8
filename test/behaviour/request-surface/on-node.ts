/** Serves the app that its argument names with `@hono/node-server`, at $PORT of 127.0.0.1. */

import process from "node:process";
import { pathToFileURL } from "node:url";
import { serve } from "@hono/node-server";

const { default: app } = await import(pathToFileURL(process.argv[2]!).href);
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });
