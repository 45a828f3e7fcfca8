/** `server.reload` of `Bun.serve`: what is given replaces what was there, all of it or nothing. */

import { expect } from "bun:test";
import { ask, describeBoth, type Side } from "./both.ts";

describeBoth("server.reload", {
  script: "test/run/apps/reloading.ts",
  on: ["bun"],
}, (compare) => {
  compare.same(
    "`server.reload`, `server.stop`, `server.fetch`",
    "whatever is given, the same answers afterwards",
    async (side: Side) => {
      const replies: Record<string, unknown> = {};
      const names = JSON.parse((await ask(side, "GET /names")).body) as string[];
      expect(names.length).toBeGreaterThan(20);
      for (const name of names) {
        const outcome = await ask(side, `POST /reload/${encodeURIComponent(name)}`);
        replies[name] = [outcome.body];
        const paths = [
          "a",
          "b",
          "static",
          "file",
          "fails",
          "other",
          "methods",
          "off",
          "off/x",
          "static-methods",
        ];
        for (const request of [...paths.map((path) => `GET /${path}`), "POST /methods"]) {
          const { status, body } = await ask(side, request);
          (replies[name] as string[]).push(`${request}: ${status} ${body}`);
        }
        await ask(side, "POST /reload/first");
      }
      const texts = JSON.stringify(replies);
      for (const text of ["second fetch", "second b", "first fetch", "TypeError", "same: true"]) {
        expect(texts).toContain(text);
      }
      return replies;
    },
  );
});
