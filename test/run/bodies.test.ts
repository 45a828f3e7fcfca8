/** The Content-Type and the body of what is sent, as the runtime's own server has them. */

import { afterAll, expect } from "bun:test";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { common, ofBun } from "./apps/body-kinds.ts";
import { askRaw, describeBoth } from "./both.ts";

/** What makes no sense, and what it becomes is no contract: Bun reports it in other words. */
const FAILURES = ["one that was read", "a file that is not there"];

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

const options = { script: "test/run/apps/bodies.ts", args: [folder] };

describeBoth("A body", options, (compare, runtime) => {
  for (const name of Object.keys(runtime === "bun" ? { ...common, ...ofBun } : common)) {
    compare.same(
      "Strings, bytes, streams, JSON, forms, redirects, statuses",
      `of ${name} is sent with the same type`,
      async ({ port }) => {
        const reply = await askRaw(port, `GET /${encodeURIComponent(name)}`);
        const of = (field: string) => reply.headers.filter(([name]) => name === field);
        const body = FAILURES.includes(name) ? reply.status : reply.body;
        return [reply.status, of("content-type"), body];
      },
    );
  }

  if (runtime !== "bun") return;
  compare.same(
    "Strings, bytes, streams, JSON, forms, redirects, statuses",
    "a length is sent where the size of a file is known",
    async ({ port }) => {
      const names = ["a file", "a file of bytes", "a file that grows between two", "a long Blob"];
      return await Promise.all(names.map(async (name) => {
        const { headers, body } = await askRaw(port, `GET /${encodeURIComponent(name)}`);
        const length = headers.find(([name]) => name === "content-length")?.[1];
        expect(Number(length)).toBe(body.length);
        return length;
      }));
    },
  );
});
