/** Declares the tests of files that another runtime runs, with what became of them there. */

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import process from "node:process";
import type { Outcome } from "./run.ts";

const root = join(import.meta.dirname, "../..");

/** The tests of pure code, of the client and of the gateway. */
export const pure: readonly string[] = [
  "scgi/decoder.test.ts",
  "scgi/decoder.property.test.ts",
  "scgi/encoder.test.ts",
  "websocket/accept.test.ts",
  "websocket/conformance.test.ts",
  "websocket/deflate-negotiation.test.ts",
  "websocket/deflate.test.ts",
  "websocket/endpoint.property.test.ts",
  "websocket/endpoint.test.ts",
  "websocket/handshake.test.ts",
  "websocket/keep-alive.test.ts",
  "websocket/mask.test.ts",
  "websocket/utf8.test.ts",
  "cgi/variables.test.ts",
  "cgi/url.test.ts",
  "cgi/http-target.test.ts",
  "cgi/request.test.ts",
  "cgi/mount.test.ts",
  "cgi/url.cherokee.test.ts",
  "cgi/response.test.ts",
  "runtime/fetch/recording.test.ts",
  "address.test.ts",
  "report/failure.test.ts",
  "server/abort.test.ts",
  "server/allow.test.ts",
  "server/options.test.ts",
  "server/handle.test.ts",
  "server/handle.replies.test.ts",
  "server/handle.failures.test.ts",
  "server/send-response.test.ts",
  "server/fetched.test.ts",
  "server/kept.test.ts",
  "server/foreign-response.test.ts",
  "server/upgrade.test.ts",
  "server/web-socket.test.ts",
  "transport/send-queue.test.ts",
  "cgi/send-file.test.ts",
  "testing/call.test.ts",
  "testing/cherokee.test.ts",
  "behaviour/replay/accept.test.ts",
  "hono.test.ts",
  "runtime/fetch/lazy-request.test.ts",
  "runtime/fetch/request-headers.test.ts",
  "runtime/fetch/lazy-response.test.ts",
  "client/options.test.ts",
  "client/replies.test.ts",
  "client/uploads.test.ts",
  "client/failures.test.ts",
  "client/connections.test.ts",
  "client/credentials.test.ts",
  "e2e/foreign/client.test.ts",
  "client/gateway.test.ts",
  "behaviour/round-trip.property.test.ts",
];

/** Ten times what it takes. */
const PATIENCE_MS = 120_000;

/**
 * Runs files to their end and declares what came of them.
 *
 * @param command What runs them, and their paths.
 * @param files Their paths below `test`.
 */
export async function declareOutcomes(
  runtime: string,
  command: readonly string[],
  files: readonly string[],
): Promise<void> {
  const child = Bun.spawn([...command], {
    cwd: root,
    env: process.env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: PATIENCE_MS,
  });
  const [out, errors, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const outcomes = out.split("\n").filter((line) => line.startsWith('{"file":'))
    .map((line) => JSON.parse(line) as Outcome);
  const of = (file: string) =>
    outcomes.filter((outcome) => outcome.file.replace(/\.js$/, ".ts").endsWith(`test/${file}`));

  test(`${runtime} ran all files to their end`, () => {
    const last = JSON.stringify(outcomes.at(-1));
    if (status !== 0) throw new Error(`${runtime} exited with ${status} after ${last}:\n${errors}`);
    expect(files.filter((file) => of(file).length === 0)).toEqual([]);
  });

  for (const file of files) {
    describe(`${file} on ${runtime}`, () => {
      for (const { name, failure } of of(file)) {
        test(name, () => {
          if (failure !== null) throw new Error(failure);
        });
      }
    });
  }
}
