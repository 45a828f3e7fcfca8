/** Every status, and its reason. */

import type { Lines, Table } from "../case.ts";

const codes = Array.from({ length: 400 }, (_, index) => 200 + index).filter((code) => code !== 205);
const EMPTY = [204, 304];
/** Those whose reply is not only one more. */
const TELLING = [
  200,
  201,
  204,
  206,
  301,
  303,
  304,
  307,
  400,
  401,
  404,
  405,
  412,
  416,
  418,
  426,
  500,
  503,
];

const statuses: Lines = {};
for (const status of codes) {
  const body = EMPTY.includes(status) ? null : `status ${status}`;
  statuses[`status ${status}`] = () => new Response(body, { status });
}
for (const status of TELLING) {
  const body = EMPTY.includes(status) ? null : "a body";
  statuses[`status ${status} without a body`] = () => new Response(null, { status });
  statuses[`status ${status} with a reason`] = () =>
    new Response(body, { status, statusText: "Own Reason" });
  statuses[`status ${status} with headers`] = () =>
    new Response(body, { status, headers: { "x-own": "1", "content-type": "text/html" } });
  statuses[`status ${status} to HEAD`] = [{ method: "HEAD" }, () => new Response(body, { status })];
  statuses[`status ${status} to POST`] = [
    { body: "posted" },
    async (request) => (await request.text(), new Response(body, { status })),
  ];
  if (body !== null) {
    statuses[`status ${status} of JSON`] = () => Response.json({ status }, { status });
  }
  statuses[`status ${status} of a stream`] = [
    { streamed: true },
    () =>
      new Response(
        body === null ? null : new Blob([body]).stream().pipeThrough(new TransformStream()),
        {
          status,
        },
      ),
  ];
}

const odd: Lines = {
  "a length beside 304": () =>
    new Response(null, { status: 304, headers: { "content-length": "5" } }),
  "a type beside 204": () =>
    new Response(null, { status: 204, headers: { "content-type": "text/html" } }),
  "a type beside 304": () =>
    new Response(null, { status: 304, headers: { "content-type": "text/html" } }),
  "a status that is text": () => new Response(null, { status: "201" as unknown as number }),
  "a reason in Latin-1": () => new Response("x", { statusText: "Grün" }),
  "a reason that is long": () => new Response("x", { statusText: "r".repeat(500) }),
  "an error": () => Response.error(),
  "an empty reason": () => new Response("x", { status: 404, statusText: "" }),
};

/** What the constructor of Response refuses somewhere; @hono/node-server puts another in its place. */
const refused: Lines = {
  "a body beside 204": () => new Response("a body", { status: 204 }),
  "a body beside 304": () => new Response("a body", { status: 304 }),
  "an empty body beside 204": () => new Response("", { status: 204 }),
  "an empty body beside 304": () => new Response("", { status: 304 }),
  "a length beside 204": () =>
    new Response(null, { status: 204, headers: { "content-length": "5" } }),
  "JSON beside 204": () => Response.json({}, { status: 204 }),
  "JSON beside 304": () => Response.json({}, { status: 304 }),
  "status 100": () => new Response(null, { status: 100 }),
  "status 199": () => new Response(null, { status: 199 }),
  "status 600": () => new Response(null, { status: 600 }),
  "status 999": () => new Response(null, { status: 999 }),
  "status 0": () => new Response(null, { status: 0 }),
  "a reason with a line break": () => new Response("x", { statusText: "a\r\nb" }),
};

/** nginx waits for the end of the connection after a 205 of HTTP that declares no length. */
const reset: Lines = {
  "status 205": () => new Response(null, { status: 205 }),
  "status 205 to HEAD": [{ method: "HEAD" }, () => new Response(null, { status: 205 })],
  "status 205 to POST": [{ body: "x" }, () => new Response(null, { status: 205 })],
  "status 205 with headers": () =>
    new Response(null, { status: 205, headers: { "x-own": "1", "content-type": "text/html" } }),
};

for (const status of [301, 302, 303, 307, 308]) {
  odd[`a redirect with ${status}`] = () => Response.redirect("http://app.test/x", status);
}

const methods: Lines = {};
for (
  const method of [
    "GET",
    "HEAD",
    "OPTIONS",
    "PUT",
    "PATCH",
    "DELETE",
    "POST",
    "PROPFIND",
    "SEARCH",
    "QUERY",
  ]
) {
  const answers: Lines = {
    text: ({ method }) => new Response(`text for ${method}`),
    nothing: () => new Response(null),
    stream: () => new Response(new Blob(["a stream"]).stream().pipeThrough(new TransformStream())),
    json: () => Response.json({ a: 1 }),
    "long bytes": () => new Response(new Uint8Array(100_000)),
    "no content": () => new Response(null, { status: 204 }),
  };
  for (const [what, handler] of Object.entries(answers)) {
    methods[`${method} gives ${what}`] = [
      { method, streamed: what === "stream" },
      handler as (request: Request) => unknown,
    ];
  }
}

const OF_DETAILS = "Headers, lengths, reasons, `HEAD`";
const row = "Strings, bytes, streams, JSON, forms, redirects, statuses";

export const statusTables: readonly Table[] = [
  { row, cases: statuses },
  { row: OF_DETAILS, cases: { ...odd, ...methods } },
  { row: OF_DETAILS, shape: { on: ["bun", "deno"] }, cases: refused },
  { row: OF_DETAILS, shape: { via: "straight" }, cases: reset },
  // Bun takes no method that it does not know, nor does Node.
  {
    row: OF_DETAILS,
    shape: { on: ["deno"], method: "OWN" },
    cases: { "a method of its own": ({ method }) => new Response(method) },
  },
  // What follows is no longer HTTP.
  {
    row: OF_DETAILS,
    shape: { via: "straight" },
    cases: { "status 101": () => new Response(null, { status: 101 }) },
  },
];
