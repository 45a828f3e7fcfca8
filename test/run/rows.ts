/**
 * The rows of the comparison in examples/unchanged. Where `SCGI_COMPARISON` names a file, each test of test/run
 * and test/differential that passes adds a line to it, which test/run/comparison-table.ts makes the
 * table of.
 */

import { appendFileSync } from "node:fs";
import process from "node:process";
import type { Runtime } from "../support/server.ts";

/** What is compared on both runtimes. */
const common = [
  "`export default { fetch }`, with nothing called",
  "The main module, its arguments and its environment",
  "The client address",
  "Strings, bytes, streams, JSON, forms, redirects, statuses",
  "Headers, lengths, reasons, `HEAD`",
  "Every field of a request, and its body by every method",
  "Streamed uploads and responses",
  "Streams that fail, or are not of their length",
  "Responses of `fetch()`, passed on",
  "The signal aborts when the browser disconnects",
  "An error handler that answers",
  "Two servers in one script",
  "`ref` and `unref`",
  "Hono: `getConnInfo`",
  "Hono: `serveStatic`",
  "Hono: `c.env`, `c.executionCtx`",
  "Hono: `stream`, `streamText`, `streamSSE` with `onAbort`",
  "Hono: `bodyLimit`",
  "Hono: `cors`, `etag`, `compress`",
  "Hono: `basicAuth`, `jwt`",
  "Hono: `logger`, `timeout`",
  "TLS",
  "WebSockets",
] as const;

/** What `Bun.serve` has. */
const ofBun = [
  "`routes`: exact, parameters, wildcards, catch-all, methods, `false`",
  "`routes`: Responses with their entity tags, files with ranges, folders",
  "`routes`: HTML imports, bundled",
  "`routes`: HTML imports, with hot reloading",
  "`req.params`, `req.cookies`",
  "`server.reload`, `server.stop`, `server.fetch`",
  "`server.url`, `port`, `hostname`, `pendingRequests`",
  "`maxRequestBodySize`",
  "`idleTimeout`, `server.timeout`",
] as const;

/** What `Deno.serve` has. */
const ofDeno = [
  "Every overload of `Deno.serve`",
  "`info.completed`",
  "`onListen`, `addr`",
  "`signal`, `shutdown`, `finished`",
] as const;

/** All rows, in their order. */
export const rows = [...common, ...ofBun, ...ofDeno] as const;
export type Row = (typeof rows)[number];

/** Whether a runtime has a row. */
export function has(runtime: Runtime, row: Row): boolean {
  const others: readonly string[] = runtime === "bun" ? ofDeno : ofBun;
  return !others.includes(row);
}

/** A line of the file: what a test of a row found. */
export interface Finding {
  row: Row;
  runtime: Runtime;
  /** What is otherwise over SCGI; goes on after "over SCGI". */
  instead?: string;
  /** Why a detail is otherwise, where the row is the same but for it. */
  because?: string;
  /** The command that served over SCGI. `run` unless set. */
  command?: "run" | "serve";
}

/** Notes what a test that has passed found. */
export function record(finding: Finding): void {
  const file = process.env.SCGI_COMPARISON;
  if (file) appendFileSync(file, `${JSON.stringify(finding)}\n`);
}
