/** The same apps over HTTP, by `Deno.serve`. */

import process from "node:process";
import { handlerOf } from "./apps.ts";

const { Deno } = globalThis as unknown as {
  Deno: {
    serve(options: object, handler: (request: Request) => Response | Promise<Response>): void;
  };
};

Deno.serve({ path: process.argv[2]!, onListen() {} }, handlerOf(process.argv[3]));
