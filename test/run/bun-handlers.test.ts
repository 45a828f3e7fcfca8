/** What handlers of `Bun.serve` are called with, and what comes of their results. */

import { expect } from "bun:test";
import { ask, type Compare, type Compared, describeBoth, type Side } from "./both.ts";

/** The body of an error's response is the server's own. */
function answer({ status, headers, body }: Compared): Compared {
  const own = !body.includes("error") || body.startsWith("<!doctype html>");
  return status === 500 && own ? { status, headers: [], body: "" } : { status, headers, body };
}

const kinds = ["fetch", "route", "method", "error", "late-error", "sync-error", "sync-late-error"];
const paces = ["at once", "async", "soon async", "late async"];

/** Whatever a handler gives is answered alike, with one of these statuses. */
function compareResults(compare: Compare, ordinary: readonly number[]): void {
  for (const kind of kinds) {
    compare.same(
      "An error handler that answers",
      `whatever a handler gives is answered alike: ${kind}`,
      async (side: Side) => {
        const [results] = JSON.parse((await ask(side, "GET /names")).body) as [string[]];
        const replies: Record<string, Compared> = {};
        for (const pace of paces) {
          for (const result of results) {
            const path = [kind, pace, result].map(encodeURIComponent).join("/");
            replies[path] = answer(await ask(side, `GET /${path}`));
          }
        }
        const statuses = new Set(Object.values(replies).map(({ status }) => status));
        expect([...statuses].sort()).toEqual(
          kind.includes("error") ? [...ordinary, 500] : [...ordinary],
        );
        return replies;
      },
    );
  }
}

const script = "test/run/apps/bun-handlers.ts";

describeBoth("Handlers of Bun.serve in development", {
  script,
  args: ["development"],
  on: ["bun"],
}, (compare) => compareResults(compare, [200]));

describeBoth("Handlers of Bun.serve", { script, on: ["bun"] }, (compare) => {
  compareResults(compare, [200, 204]);

  compare.same(
    "`server.reload`, `server.stop`, `server.fetch`",
    "each handler is called on the server, with what Bun gives it",
    async (side) => {
      await ask(side, "GET /calls");
      for (const path of ["note", "note-method", "note-async", "note-error", "elsewhere"]) {
        await ask(side, `GET /${path}`);
      }
      const calls = JSON.parse((await ask(side, "GET /calls")).body);
      expect(calls).toHaveLength(7);
      return calls;
    },
  );
});
