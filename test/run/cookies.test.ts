/** Cookies that a route of `Bun.serve` sets: what goes out, and whose Response is written to. */

import { expect } from "bun:test";
import { ask, type Compared, describeBoth, type Side } from "./both.ts";

const row = "`req.params`, `req.cookies`";
const COUNT = "set-cookie: count=N; Path=/; SameSite=Lax";
const user = ["Cookie: user=somebody", "X-Own: 1"];

/** The Set-Cookie lines, in their order; a count is each request's own. */
async function cookiesOf(side: Side, path: string): Promise<string[]> {
  return (await askInOrder(side, path)).headers.filter((line) => line.startsWith("set-cookie: "));
}

async function askInOrder(side: Side, path: string): Promise<Compared> {
  const { status, headers, body } = await ask(side, `GET ${path}`, user);
  return { status, headers: headers.map((line) => line.replace(/count=\d+/, "count=N")), body };
}

describeBoth(
  "Cookies of Bun.serve",
  { script: "test/run/apps/cookies.ts", on: ["bun"] },
  (compare) => {
    for (const path of ["bare", "frozen", "redirect", "shared", "later", "kept-error"]) {
      compare.same(
        row,
        `what /${path} keeps is sent with the cookies of each request, and gets none`,
        async (side) => {
          for (let requests = 0; requests < 3; requests++) {
            expect(await cookiesOf(side, `/${path}`)).toEqual([COUNT]);
          }
          expect(await cookiesOf(side, "/nothing")).toEqual([]);
          return (await ask(side, "GET /kept")).body;
        },
      );
    }

    compare.same(row, "cookies of its own come first, each time", async (side) => {
      const first = await askInOrder(side, "/own");
      // Bun.serve takes the headers off what it has sent.
      const again = side.over === "SCGI" ? await askInOrder(side, "/own") : first;
      expect(again).toEqual(first);
      return first;
    });

    compare.same(row, "many requests at once get one cookie each, their own", async (side) => {
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) => ask(side, `GET /${index % 2 ? "bare" : "later"}`)),
      );
      const counts = replies.map(({ headers }) => {
        const cookies = headers.filter((line) => line.startsWith("set-cookie: "));
        expect(cookies).toHaveLength(1);
        return cookies[0];
      });
      expect(new Set(counts).size).toBe(20);
    });

    const replies = [
      ...["throw", "reject", "throw-late", "kept-error", "error-response"],
      ...["none", "not-modified", "json", "long", "bytes", "blob", "order"],
      ...["again", "in-a-microtask", "while-it-is-read", "while-it-runs"],
      ...["hold", "held", "clone/7", "assign"],
    ];
    for (const path of replies) {
      compare.same(row, `GET /${path} is the same`, (side) => askInOrder(side, `/${path}`));
    }

    for (const path of ["throw", "reject", "throw-late", "kept-error", "error-response"]) {
      compare.same(
        row,
        `what /${path} had set goes out with the reply of error()`,
        async (side) => {
          expect(await cookiesOf(side, `/${path}`))
            .toContain(COUNT);
        },
      );
    }

    compare.same(row, "a failure that error() does not answer has none", async (side) => {
      const { status } = await ask(side, "GET /no-answer");
      expect(status).toBe(500);
      expect(await cookiesOf(side, "/no-answer")).toEqual([]);
    });

    compare.same(
      "`server.reload`, `server.stop`, `server.fetch`",
      "server.fetch leaves the Request that it is given to its owner",
      (side) => ask(side, "POST /fetch", user, "the body").then(({ body }) => body),
    );
  },
);
