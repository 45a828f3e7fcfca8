/**
 * Tests that are rows of the table in examples/choosing. Where `SCGI_MATRIX` names a file, each that passes
 * adds a line to it, which test/e2e/matrix-table.ts makes the table of.
 */

import { test } from "bun:test";
import { appendFileSync } from "node:fs";
import process from "node:process";
import type { Combination } from "../support/stack.ts";
import type { WebServerName } from "../support/web-server.ts";

/** The rows, in their order. */
export const rows = [
  "The whole request: method, URL, headers, CGI variables",
  "Two `Cookie` headers joined as cookies",
  "A cookie of 5 KiB, both ways",
  "`https:` in `request.url` behind TLS",
  "`REMOTE_USER` from basic auth",
  "`Authorization` reaches the app",
  "Mounted under a prefix, with `stripPrefix`",
  "Mounted under a prefix, with Hono's `basePath`",
  "Uploads of 32 MiB, byte by byte",
  "Uploads of unknown length (chunked)",
  "Uploads reach the app while they arrive",
  "`Expect: 100-continue`",
  "A refusal in the middle of a 20 MB upload",
  "The reason phrase after a status",
  "Several `Set-Cookie`",
  "Redirects, and `201` and `200` with a local `Location`",
  "`HEAD` with the length that `GET` would have",
  "`204` and `304` without a body",
  "Range requests answered by the app",
  "Responses stay whole when the request has a `Range`",
  "Response headers of 15 KiB in total",
  "Response headers of 60 KiB in total",
  "A response header of 9 KiB",
  "Event streams are passed on at once",
  "Streamed pages are passed on at once",
  "A disconnect during the upload aborts the signal",
  "A disconnect while the handler works aborts the signal",
  "A disconnect during a streamed response aborts the signal and cancels the stream",
  "A client that closes only its sending side still gets the response",
  "A response that fails short of its `Content-Length` is cut off",
  "A failed response of unknown length is cut off",
  "A failed response harms no other on its connection",
] as const;
export type Row = (typeof rows)[number];

/** What the web server's name is in sentences. */
export const names: Record<WebServerName, string> = {
  nginx: "nginx",
  lighttpd: "lighttpd",
  apache: "Apache",
};

/** A line of the file. */
export interface Result extends Combination {
  row: Row;
  /** What the web server does instead, where it cannot. */
  instead?: string;
}

/** What a web server that cannot do something does instead, and the test of that. */
export interface Instead {
  /** Goes on after the web server's name: "answers 411". */
  does: string;
  test: () => void | Promise<void>;
}

/** The tests of one combination that are rows. */
export function features(on: Combination) {
  return (
    row: Row,
    name: string,
    works: () => void | Promise<void>,
    instead?: Instead | false,
  ): void => {
    const title = instead ? `${name}: ${names[on.web]} ${instead.does}` : name;
    test(title, async () => {
      await (instead ? instead.test() : works());
      record({ row, ...on, ...(instead ? { instead: instead.does } : {}) });
    });
  };
}

function record(result: Result): void {
  const file = process.env.SCGI_MATRIX;
  if (file) appendFileSync(file, `${JSON.stringify(result)}\n`);
}
