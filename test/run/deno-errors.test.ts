/** What `onError` of Deno.serve is given, and what becomes of it, over HTTP and over SCGI. */

import { expect } from "bun:test";
import { ask, describeBoth } from "./both.ts";

const ROW = "An error handler that answers";

const failures = [
  ...["throw", "throw-text", "throw-undefined", "throw-response", "reject", "reject-later"],
  ...["answer-throws", "answer-rejects", "answer-nothing", "answer-later"],
  ...["nothing", "null", "text", "object", "nothing-later", "thenable", "error", "used"],
  ...["subclass", "heir", "heir-later", "answer-heir"],
];

describeBoth(
  "A script that fails",
  { script: "test/run/apps/failing.ts", on: ["deno"] },
  (compare) => {
    for (const path of failures) {
      compare.same(ROW, `is answered as by Deno.serve: ${path}`, async (side) => {
        const reply = await ask(side, `GET /${path}`);
        return [reply, (await ask(side, "GET /seen")).body];
      });
    }
    for (const path of ["stream-fails", "stream-fails-with-text"]) {
      compare.same(ROW, `hears of it as by Deno.serve: ${path}`, async (side) => {
        await ask(side, `GET /${path}`).catch(() => undefined);
        const { body } = await ask(side, "GET /seen");
        expect(JSON.parse(body)).toHaveLength(1);
        return body;
      });
    }
    compare.same("Every overload of `Deno.serve`", "a handler has no this", async (side) => {
      return (await ask(side, "GET /this")).body;
    });
  },
);

describeBoth(
  "A script that fails and has no onError",
  { script: "test/run/apps/failing.ts", args: ["default"], on: ["deno"] },
  (compare) => {
    for (const path of ["throw", "reject-later", "nothing", "used", "heir"]) {
      compare.same(
        ROW,
        `is answered as by Deno.serve: ${path}`,
        (side) => ask(side, `GET /${path}`),
      );
    }
  },
);
