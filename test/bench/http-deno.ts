/** The same Hono app over HTTP, by `Deno.serve`. */

import process from "node:process";
import { hono } from "./apps.ts";

const { Deno } = globalThis as unknown as {
  Deno: {
    serve(options: object, handler: (request: Request) => Response | Promise<Response>): void;
  };
};

Deno.serve({ path: process.argv[2]!, onListen() {} }, (request) => hono.fetch(request));
