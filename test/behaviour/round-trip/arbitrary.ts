/** Requests and replies, of all that both Fetch and CGI can carry. */

import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { SeenReply, SeenRequest } from "./app.ts";

/** What the client's Requests and the server's can have, on each runtime. */
const methods = [
  ...["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"],
  ...["PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH"],
];

const text = (characters: string, size: { minLength?: number; maxLength: number }) =>
  fc.string({ unit: fc.constantFrom(...characters), ...size });

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const escape = fc.integer({ min: 0, max: 255 })
  .map((byte) => `%${byte.toString(16).padStart(2, "0")}`);
// Not `^`: in a path it is one thing to the URL of Bun, and another to that of Deno.
const pathUnit = fc.oneof(
  fc.constantFrom(...LETTERS, ..."-._~!$&'()*+,;=:@/%|[]{}`\"<>\\ é\u{1f600}"),
  escape,
);
// A backslash in a query is another thing to Fetch than `%5C`, and the server makes one of the other.
const queryUnit = fc.oneof(pathUnit, fc.constant("?")).filter((unit) => unit !== "\\");
const path = fc.string({ unit: pathUnit, maxLength: 30 });
const query = fc.option(fc.string({ unit: queryUnit, maxLength: 20 }), { nil: undefined });
const origin = fc.constantFrom(
  ...["http://example.com", "https://example.com", "http://example.com:8080"],
  ...["https://[::1]:8443", "http://127.0.0.1", "http://xn--bcher-kva.example"],
);
const url = fc.tuple(origin, path, query)
  .map(([origin, path, query]) =>
    new URL(`${origin}/${path}${query === undefined ? "" : `?${query}`}`).href
  );

/** Names that are another's business: of one connection, of the body's length, or of CGI itself. */
const NOT_CARRIED = new RegExp(
  "^(?:connection|content-length|expect|host|keep-alive|location|proxy|proxy-authenticate|" +
    "proxy-authorization|proxy-connection|set-cookie|status|te|trailer|transfer-encoding|upgrade|" +
    "x-accel-buffering)$",
);
const token = text(`${LETTERS}!#$%&'*+-.^\`|~`, { minLength: 1, maxLength: 12 })
  .filter((name) => !NOT_CARRIED.test(name));
const name = fc.oneof(
  token,
  fc.constantFrom("accept", "cookie", "authorization", "content-type", "range", "x-forwarded-for"),
);
const byte = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f)
  .map((code) => String.fromCharCode(code));
// Spaces at the ends are no part of a value.
const value = fc.string({ unit: fc.oneof(byte, fc.constant("\t")), maxLength: 30 })
  .map((value) => value.replace(/^[\t ]+|[\t ]+$/g, ""));
const headers = fc.uniqueArray(fc.tuple(name, value), { selector: ([name]) => name, maxLength: 6 });

const body = fc.uint8Array({ maxLength: 4000 })
  .map((bytes) => Buffer.from(bytes).toString("base64"));

// To CGI an empty type is none.
const hasNoEmptyType = (fields: [string, string][]) =>
  !fields.some(([name, value]) => name === "content-type" && value === "");

/** Any request. */
export const anyRequest: fc.Arbitrary<SeenRequest> = fc.record({
  method: fc.constantFrom(...methods),
  url,
  headers: headers.filter(hasNoEmptyType),
  body,
}).map((request) => request.method === "GET" ? { ...request, body: "" } : request);

const cookies = fc.array(value.filter((value) => value !== ""), { maxLength: 3 })
  .map((values) => values.map((value): [string, string] => ["set-cookie", value]));

/** Any reply. */
export const anyReply: fc.Arbitrary<Required<SeenReply>> = fc.record({
  status: fc.integer({ min: 200, max: 599 }),
  statusText: fc.oneof(fc.constant(""), text(`${LETTERS} !"#()`, { maxLength: 20 })),
  headers: fc.tuple(headers, cookies).map((lists) => lists.flat()),
  body,
  streams: fc.boolean(),
});
