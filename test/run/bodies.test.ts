/** The Content-Type and the body of what is sent, as the runtime's own server has them. */

import { afterAll, expect } from "bun:test";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { common, ofBun } from "./apps/body-kinds.ts";
import { askRaw, describeBoth } from "./both.ts";

/** What makes no sense, and what it becomes is no contract: Bun reports it in other words. */
const FAILURES = ["one that was read", "a file that is not there"];
/**
 * Bun sends the types of these in the reply to a HEAD if the app has looked at the headers of the
 * Response, which shows nowhere; over SCGI they are always sent, as RFC 9110 (9.3.2) has it.
 */
const TYPED_BY_THEMSELVES = [
  "a Blob with a type",
  "a File",
  "a clone of a Blob",
  "a file",
  "a file that grows between two",
  "a form",
  "a form with parts",
  "a part of a file",
  "an empty form",
];

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

  for (const name of Object.keys(runtime === "bun" ? { ...common, ...ofBun } : common)) {
    if (FAILURES.includes(name)) continue;
    if (runtime === "bun" && TYPED_BY_THEMSELVES.includes(name)) continue;
    compare.same(
      "Strings, bytes, streams, JSON, forms, redirects, statuses",
      `of ${name} is asked for by HEAD with the same type`,
      async ({ port }) => {
        const { status, headers } = await askRaw(port, `HEAD /${encodeURIComponent(name)}`);
        const types = headers.filter(([name]) => name === "content-type").map(([, type]) => type);
        return [status, types.map((type) => type.replace(/boundary=.*/, "boundary"))];
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
