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
        const types = reply.headers.filter(([name]) => name === "content-type");
        const body = FAILURES.includes(name) ? "" : reply.body;
        // A boundary is made up for each.
        const boundary = /boundary=(.+)/.exec(types.join())?.[1];
        if (boundary !== undefined) expect(body).toStartWith(`--${boundary}\r\n`);
        const compared = JSON.stringify([reply.status, types, body]);
        return boundary === undefined ? compared : compared.replaceAll(boundary, "boundary");
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
