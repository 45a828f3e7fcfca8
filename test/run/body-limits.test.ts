/** Values of `maxRequestBodySize` of `Bun.serve`. */

import { expect } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { ask, describeBoth, type Side } from "./both.ts";

describeBoth("maxRequestBodySize", {
  script: "test/run/apps/body-limits.ts",
  on: ["bun"],
}, (compare) => {
  compare.same("`maxRequestBodySize`", "any value is the same limit", async (side: Side) => {
    const statuses: unknown[] = [];
    const place = async () => {
      const reply = await ask(side, "GET /").catch(() => undefined);
      return reply?.status === 200 ? JSON.parse(reply.body).at as number : -1;
    };
    for (let at = 0, last = false; !last; at++) {
      await eventually(place, (reached) => reached === at);
      for (const body of ["", "12345", "123456", "1234567"]) {
        statuses.push([at, body, (await ask(side, "POST /", [], body)).status]);
      }
      ({ last } = JSON.parse((await ask(side, "GET /next")).body));
    }
    expect(statuses.length).toBeGreaterThan(80);
    return statuses;
  });
});
