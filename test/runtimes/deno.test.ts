/** The tests of pure code, of client and gateway, and of facts about the runtimes, once more on Deno. */

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Outcome } from "../support/deno/run.ts";

const files = [
  "scgi/decoder.test.ts",
  "scgi/decoder.property.test.ts",
  "scgi/encoder.test.ts",
  "cgi/variables.test.ts",
  "cgi/url.test.ts",
  "cgi/request.test.ts",
  "cgi/mount.test.ts",
  "cgi/mount.cherokee.test.ts",
  "cgi/response.test.ts",
  "cgi/recording.test.ts",
  "address.test.ts",
  "options.test.ts",
  "handle.test.ts",
  "handle.replies.test.ts",
  "handle.failures.test.ts",
  "reply.test.ts",
  "send-file.test.ts",
  "replay/accept.test.ts",
  "hono.test.ts",
  "sockets/request.test.ts",
  "client.replies.test.ts",
  "client.uploads.test.ts",
  "client.failures.test.ts",
  "foreign/client.test.ts",
  "gateway.test.ts",
  "round-trip.property.test.ts",
  "runtimes/facts.test.ts",
  "runtimes/deno-sockets.test.ts",
];

const root = join(import.meta.dirname, "../..");
const deno = Bun.spawn(
  [
    "node_modules/.bin/deno",
    "run",
    "-A",
    "--import-map=test/support/deno/import-map.json",
    "test/support/deno/run.ts",
    ...files.map((file) => join("test", file)),
  ],
  { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
);
const [out, errors, status] = await Promise.all([
  new Response(deno.stdout).text(),
  new Response(deno.stderr).text(),
  deno.exited,
]);
const outcomes = out.split("\n").slice(0, -1)
  .filter((line) => line.startsWith('{"file":'))
  .map((line) => JSON.parse(line) as Outcome);

test("Deno ran all files to their end", () => {
  if (status !== 0) throw new Error(`deno exited with ${status}:\n${errors}`);
  expect(new Set(outcomes.map(({ file }) => file))).toEqual(
    new Set(files.map((file) => join("test", file))),
  );
});

for (const file of files) {
  describe(`${file} on Deno`, () => {
    for (const { name, failure } of outcomes.filter((outcome) => outcome.file.endsWith(file))) {
      test(name, () => {
        if (failure !== null) throw new Error(failure);
      });
    }
  });
}
