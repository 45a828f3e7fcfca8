/** The app of this suite as a script for `scgi run`, which serves it in its runtime's own way. */

import type { HandlerContext } from "../../src/server/handler.ts";
import app from "./app.ts";

/** The parts of both runtimes that are used; they run this file as it is. */
interface Runtimes {
  Bun?: { serve(options: { fetch(request: Request): Reply }): unknown };
  Deno?: { serve(handler: (request: Request, info: Info) => Reply): unknown };
}

type Reply = Response | Promise<Response>;
type Info = Pick<HandlerContext, "completed">;

/** What `Bun.serve` tells of a reply's end: nothing. */
const NEVER: Info = { completed: new Promise(() => {}) };

/** Neither server gives a handler more than the request and `info`. */
function serve(request: Request, info: Info): Reply {
  return app.fetch(request, {}, {
    waitUntil() {},
    passThroughOnException() {},
    get completed() {
      return info.completed;
    },
  });
}

const { Bun, Deno } = globalThis as unknown as Runtimes;
if (Bun !== undefined) Bun.serve({ fetch: (request) => serve(request, NEVER) });
else Deno!.serve(serve);
