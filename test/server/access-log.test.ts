/** The lines of the access log. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatLogEntry, type LogEntry } from "../../src/server/access-log.ts";
import { serve } from "../../src/server/serve.ts";
import { ask } from "../behaviour/client.ts";
import { eventually } from "../support/eventually.ts";

const entry = (variables: Record<string, string>, more: Partial<LogEntry> = {}): LogEntry => ({
  variables,
  status: 200,
  bytes: 1234,
  time: Date.UTC(2026, 10, 5, 4, 3, 2),
  duration: 7.4,
  ...more,
});

const whole = {
  REMOTE_ADDR: "192.0.2.7",
  REMOTE_USER: "ada lovelace",
  REQUEST_METHOD: "GET",
  REQUEST_URI: "/a?b",
  SERVER_PROTOCOL: "HTTP/1.1",
  HTTP_REFERER: "http://here/",
  HTTP_USER_AGENT: 'A "B"',
};

test("a line is in the combined format, with the duration after it", () => {
  expect(formatLogEntry(entry(whole))).toBe(
    "192.0.2.7 - ada\\x20lovelace [05/Nov/2026:04:03:02 +0000] " +
      '"GET /a?b HTTP/1.1" 200 1234 "http://here/" "A \\x22B\\x22" 7ms',
  );
});

test("what is not known is a dash", () => {
  expect(formatLogEntry(entry({}, { status: 0, bytes: 0 })))
    .toBe('- - - [05/Nov/2026:04:03:02 +0000] "-" - - "-" "-" 7ms');
});

test("no value of a client's makes another line, another field or a control character", () => {
  const value = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)),
  });
  const names = Object.keys(whole);
  fc.assert(
    fc.property(fc.tuple(...names.map(() => value)), (values) => {
      const line = formatLogEntry(entry(Object.fromEntries(names.map((n, i) => [n, values[i]!]))));
      expect(line).toMatch(
        /^[!-~]+ - [!-~]+ \[[^\]]+\] "[ !#-~]*" 200 1234 "[ !#-~]*" "[ !#-~]*" 7ms$/,
      );
    }),
  );
});

test("a line has a limit, and is cut between what it escapes", () => {
  const long = Object.fromEntries(Object.keys(whole).map((name) => [name, "\x9b".repeat(60_000)]));
  const line = formatLogEntry(entry(long));
  expect(line.length).toBeLessThan(16_000);
  expect(line).toMatch(/ "(?:\\x9b)+\.\.\." 200 1234 "(?:\\x9b)+\.\.\." "(?:\\x9b)+\.\.\." 7ms$/);
});

test("each request is one line with the bytes of its body, a refused one too, and a health check none", async () => {
  const lines: string[] = [];
  const app = ({ url }: Request) =>
    new Response(
      url.endsWith("/stream") ? new Response("é".repeat(50_000)).body : "Hello\n",
    );
  const server = serve(app, {
    port: 0,
    maxBodyBytes: 10,
    log: (line) => lines.push(line),
    onError() {},
  });
  await server.ready;
  const { port } = server.addr as { port: number };
  const at = `127.0.0.1:${port}`;
  await ask(at, "/one");
  await ask(at, "/two", { body: "more than ten bytes" });
  await ask(at, "/three", { method: "TRACE" });
  await ask(at, "/four", { method: "HEAD" });
  await ask(at, "/stream");
  await eventually(() => lines, ({ length }) => length === 5);
  expect(lines.map((line) => line.replace(/\[.*?\]/, "[]").replace(/ \d+ms$/, ""))).toEqual([
    '192.0.2.7 - - [] "GET /one HTTP/1.1" 200 6 "-" "-"',
    '192.0.2.7 - - [] "POST /two HTTP/1.1" 413 26 "-" "-"',
    '192.0.2.7 - - [] "TRACE /three HTTP/1.1" 501 41 "-" "-"',
    '192.0.2.7 - - [] "HEAD /four HTTP/1.1" 200 - "-" "-"',
    '192.0.2.7 - - [] "GET /stream HTTP/1.1" 200 100000 "-" "-"',
  ]);
  expect(server.stats()).toMatchObject({
    accepted: 5,
    rejected: { BODY_TOO_LARGE: 1, METHOD_UNSUPPORTED: 1 },
  });
  // Heads count here.
  expect(server.stats().bytesOut).toBeGreaterThan(100_000 + 3 * 83);
  await server.shutdown();
});
