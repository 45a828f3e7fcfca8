/** The app as a module for `scgi serve`. */

import process from "node:process";
import type { HandlerContext } from "../../src/server/handler.ts";
import { answer } from "./app.ts";

process.on("unhandledRejection", (error) => console.error("unhandled:", error));

// Deno alone has a server that tells when a reply was delivered.
const tells = "Deno" in globalThis;

export default {
  fetch: (request: Request, server: unknown, { completed }: HandlerContext): unknown =>
    answer(request, tells ? { server, completed } : { server }),
};
