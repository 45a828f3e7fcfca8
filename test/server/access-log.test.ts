/** The lines of the access log. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import type { LogEntry } from "../../src/server/log-fields.ts";
import { readLogFormat } from "../../src/server/log-format.ts";
import { serve } from "../../src/server/serve.ts";
import { ask } from "../behaviour/client.ts";
import { eventually } from "../support/eventually.ts";

const formatted = (entry: LogEntry, format?: string): string => readLogFormat(format).line(entry);

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
  expect(formatted(entry(whole))).toBe(
    "192.0.2.7 - ada\\x20lovelace [05/Nov/2026:04:03:02 +0000] " +
      '"GET /a?b HTTP/1.1" 200 1234 "http://here/" "A \\x22B\\x22" 7ms',
  );
});

test("combined is that format exactly, with quotes as nginx escapes them", () => {
  expect(formatted(entry({ ...whole, HTTP_USER_AGENT: 'A "B\\\x7f\n' }), "combined")).toBe(
    "192.0.2.7 - ada\\x20lovelace [05/Nov/2026:04:03:02 +0000] " +
      '"GET /a?b HTTP/1.1" 200 1234 "http://here/" "A \\x22B\\x5C\\x7F\\x0A"',
  );
});

test("JSON is an object a line, with null for what is not known and text decoded as UTF-8", () => {
  const line = formatted(entry({ ...whole, HTTP_USER_AGENT: "\xc3\xa9\u2028\n" }), "json");
  expect(line).toMatch(/^[ -~]+$/);
  expect(JSON.parse(line)).toEqual({
    time_iso8601: "2026-11-05T04:03:02.000Z",
    remote_addr: "192.0.2.7",
    remote_user: "ada lovelace",
    request_method: "GET",
    request_uri: "/a?b",
    server_protocol: "HTTP/1.1",
    host: null,
    status: 200,
    body_bytes_sent: 1234,
    request_time: 0.007,
    http_referer: "http://here/",
    http_user_agent: expect.stringMatching(/^\u00e9/),
  });
  expect(JSON.parse(formatted(entry({}, { status: 0, bytes: 0 }), "json"))).toMatchObject({
    status: null,
    body_bytes_sent: 0,
    remote_addr: null,
  });
});

test("a text has its fields in braces, and other braces as they are", () => {
  const format = '{"a":"{http_x_request_id}"} {host}\t{request_time} {remote_port} {{status}}';
  const variables = { ...whole, HTTP_HOST: "here", HTTP_X_REQUEST_ID: 'x"y', REMOTE_PORT: "7" };
  expect(formatted(entry(variables), format)).toBe(
    '{"a":"x\\x22y"} here\t0.007 7 {200}',
  );
});

test.each([
  [
    "{statsu}",
    "has {statsu}, which is no field. Fields are remote_addr, remote_port, remote_user, ",
  ],
  ["jsn", 'must be "combined", "json" or a text with fields such as {status}, and is "jsn"'],
  ["{status}\n", 'must be one line, and is "{status}\\n"'],
])("a format that is none is refused: %j", (logFormat, says) => {
  expect(() => serve(() => new Response(), { port: 0, logFormat })).toThrow(`logFormat ${says}`);
});

test("what is not known is a dash", () => {
  expect(formatted(entry({}, { status: 0, bytes: 0 })))
    .toBe('- - - [05/Nov/2026:04:03:02 +0000] "-" - - "-" "-" 7ms');
});

test("no value of a client's makes another line, another field or a control character", () => {
  const value = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)),
  });
  const names = Object.keys(whole);
  fc.assert(
    fc.property(fc.tuple(...names.map(() => value)), (values) => {
      const line = formatted(entry(Object.fromEntries(names.map((n, i) => [n, values[i]!]))));
      expect(line).toMatch(
        /^[!-~]+ - [!-~]+ \[[^\]]+\] "[ !#-~]*" 200 1234 "[ !#-~]*" "[ !#-~]*" 7ms$/,
      );
      const variables = Object.fromEntries(names.map((n, i) => [n, values[i]!]));
      const json = formatted(entry(variables), "json");
      expect(json).toMatch(/^[ -~]+$/);
      expect(Object.keys(JSON.parse(json))).toHaveLength(12);
    }),
  );
});

test("a line has a limit, and is cut between what it escapes", () => {
  const long = Object.fromEntries(Object.keys(whole).map((name) => [name, "\x9b".repeat(60_000)]));
  const line = formatted(entry(long));
  expect(line.length).toBeLessThan(16_000);
  expect(line).toMatch(/ "(?:\\x9B)+\.\.\." 200 1234 "(?:\\x9B)+\.\.\." "(?:\\x9B)+\.\.\." 7ms$/);
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
