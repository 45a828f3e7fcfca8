/** Headers of a response, and what becomes of odd ones. */

import type { Lines, Table } from "../case.ts";

type Init = [string, string][] | Record<string, string>;

const of = (headers: Init, body: BodyInit | null = "x") => new Response(body, { headers });

function appended(...lines: [name: string, value: string][]): Response {
  const headers = new Headers();
  for (const [name, value] of lines) headers.append(name, value);
  return new Response("x", { headers });
}

/** A body of each kind, by its name. */
const kinds: Record<string, () => BodyInit | null> = {
  "a string": () => "a string",
  "bytes": () => new TextEncoder().encode("some bytes"),
  "a Blob": () => new Blob(["a Blob here"]),
  "a form": () => new URLSearchParams({ a: "b", c: "d" }),
  "a stream": () => new Blob(["a stream"]).stream().pipeThrough(new TransformStream()),
  "null": () => null,
};

const lengths: Lines = {};
const falseLengths: Lines = {};
for (const [kind, make] of Object.entries(kinds)) {
  for (const [word, value] of [["not a number", "x"], ["negative", "-1"], ["empty", ""]] as const) {
    falseLengths[`a length of ${kind} that is ${word}`] = () =>
      of({ "content-length": value }, make());
  }
  lengths[`${kind} with the type of another`] = () => of({ "content-type": "text/html" }, make());
  lengths[`${kind} with a coding that is none`] = () =>
    of({ "content-encoding": "identity" }, make());
  lengths[`HEAD of ${kind}`] = [{ method: "HEAD" }, () => of({ "x-own": "1" }, make())];
  lengths[`HEAD of ${kind} with a length`] = [
    { method: "HEAD" },
    () => of({ "content-length": "1000" }, make()),
  ];
}
for (const kind of ["a string", "bytes", "a Blob", "a form"]) {
  falseLengths[`a length of ${kind} that is too short`] = () =>
    of({ "content-length": "3" }, kinds[kind]!());
  falseLengths[`a length of ${kind} that is too long`] = () =>
    of({ "content-length": "300" }, kinds[kind]!());
}

const types: Lines = {};
for (
  const type of [
    "text/html",
    "text/html; charset=utf-8",
    "TEXT/HTML",
    "text/plain; charset=iso-8859-1",
    "application/json",
    "application/problem+json",
    "image/svg+xml",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "text/event-stream",
    "application/x-ndjson",
    "nonsense",
  ]
) {
  types[`the type ${JSON.stringify(type)}`] = () => of({ "content-type": type });
}

const lines: Lines = {
  "two of one name": () => appended(["x-own", "1"], ["x-own", "2"]),
  "two of one name in other cases": () => appended(["X-Own", "1"], ["x-oWN", "2"]),
  "three cookies": () =>
    appended(["set-cookie", "a=1"], ["set-cookie", "b=2; Path=/; HttpOnly"], ["set-cookie", "a=3"]),
  "cookies with commas": () =>
    appended(
      ["set-cookie", "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT"],
      ["set-cookie", "b=x,y"],
    ),
  "cookies given as a list": () =>
    of([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-own", "1"]]),
  "a cookie and a header of a record": () => of({ "Set-Cookie": "a=1", "X-Own": "1" }),
  "a name in capitals": () => of({ "X-OWN-NAME": "1" }),
  "an empty value": () => of({ "x-own": "" }),
  "an empty value and another": () => appended(["x-own", ""], ["x-own", "1"]),
  "a value with spaces around": () => of({ "x-own": "  spaced \t" }),
  "a value with a tab": () => of({ "x-own": "a\tb" }),
  "a value in Latin-1": () => of({ "x-own": "Grüße ÿ" }),
  "a value that is UTF-8 in Latin-1": () => of({ "x-own": "GrÃ¼Ãe" }),
  "every sign that a name can have": () => of({ "!#$%&'*+-.^_`|~09az": "1" }),
  "a long value": () => of({ "x-own": "v".repeat(6000) }),
  "fifty headers": () =>
    of(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x-own-${i}`, `${i}`]))),
  "entity tag": () => of({ etag: '"tag"' }),
  "weak entity tag": () => of({ etag: 'W/"tag"' }),
  "a date of its own": () => of({ date: "Wed, 21 Oct 2015 07:28:00 GMT" }),
  "a server's name of its own": () => of({ server: "own/1.0" }),
  "last modified": () => of({ "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT" }),
  "caching": () => of({ "cache-control": "public, max-age=60", expires: "0", age: "5" }),
  "what a reply varies with": () => appended(["vary", "accept"], ["vary", "origin"]),
  "links": () => appended(["link", "</a.css>; rel=preload; as=style"], ["link", "</b>; rel=next"]),
  "a policy": () => of({ "content-security-policy": "default-src 'self'; img-src *" }),
  "strict transport": () => of({ "strict-transport-security": "max-age=1" }),
  "a file to save": () =>
    of({ "content-disposition": `attachment; filename="a b.txt"; filename*=UTF-8''%C3%A4.txt` }),
  "a language": () => of({ "content-language": "de" }),
  "a range of the app's": () =>
    new Response("part", { status: 206, headers: { "content-range": "bytes 0-3/10" } }),
  "accepted ranges": () => of({ "accept-ranges": "bytes" }),
  "allowed methods": () => of({ allow: "GET, HEAD" }),
  "a retry": () => new Response("x", { status: 503, headers: { "retry-after": "120" } }),
  "a challenge": () =>
    new Response("x", { status: 401, headers: { "www-authenticate": 'Basic realm="a"' } }),
  "two challenges": () => appended(["www-authenticate", "Basic"], ["www-authenticate", "Bearer"]),
  "cross-origin": () => of({ "access-control-allow-origin": "*", "timing-allow-origin": "*" }),
  "server timing": () => of({ "server-timing": "db;dur=53" }),
  "clear site data": () => of({ "clear-site-data": '"cache"' }),
  "refresh": () => of({ refresh: "5" }),
  "a status as a header": () => of({ status: "404 Not Found" }),
  "priority": () => of({ priority: "u=1" }),
  "a digest": () => of({ digest: "sha-256=x", "content-md5": "x" }),
  "a location that is relative": () =>
    new Response(null, { status: 302, headers: { location: "/a?b" } }),
  "a location without a slash": () =>
    new Response(null, { status: 302, headers: { location: "a" } }),
  "a location of another scheme": () =>
    new Response(null, { status: 302, headers: { location: "app://a" } }),
  "a location of the server": () =>
    new Response(null, { status: 302, headers: { location: "http://app.test/x" } }),
  "a location beside 201": () =>
    new Response("made", { status: 201, headers: { location: "/made/1" } }),
  "a relative location beside 200": () => of({ location: "/elsewhere" }),
  "an absolute location beside 200": () => of({ location: "http://app.test/elsewhere" }),
  "a location that is not ASCII": () =>
    new Response(null, { status: 302, headers: { location: "/\u00fc" } }),
  "a permanent redirect": () => Response.redirect("http://h/a b", 308),
  "a coding of the app's": () => of({ "content-encoding": "br" }, new Uint8Array([1, 2, 3])),
  "a coding beside a string": () => of({ "content-encoding": "gzip" }, "not gzip at all"),
  "headers set after the making": () => {
    const response = new Response("x");
    response.headers.set("x-late", "1");
    response.headers.append("set-cookie", "late=1");
    return response;
  },
  "headers deleted after the making": () => {
    const response = of({ "x-own": "1", "content-type": "text/html" });
    response.headers.delete("x-own");
    return response;
  },
  "headers of a class": () => new Response("x", { headers: new Headers([["x-own", "1"]]) }),
};

/** What Headers refuse; @hono/node-server never answers then. */
const refused: Lines = {
  "a value with a line break": () => of({ "x-own": "a\r\nb: c" }),
  "a value with NUL": () => of({ "x-own": "a\0b" }),
  "a value beyond Latin-1": () => of({ "x-own": "\u20ac" }),
  "a name with a space": () => of({ "x own": "1" }),
  "a name that is empty": () => of({ "": "1" }),
  "a name with a colon": () => of({ "x:own": "1" }),
};

/** Fields that tell something of a connection, which is the server's own. */
const connection: Lines = {
  "Connection: close": () => of({ connection: "close" }),
  "Connection: keep-alive": () => of({ connection: "keep-alive", "keep-alive": "timeout=1" }),
  "a field that Connection names": () => of({ connection: "x-own", "x-own": "1" }),
  "Transfer-Encoding of the app's": () => of({ "transfer-encoding": "chunked" }),
  "Transfer-Encoding of a stream": () =>
    of({ "transfer-encoding": "chunked" }, kinds["a stream"]!()),
  "Upgrade of the app's": () => of({ upgrade: "h2c" }),
  "TE of the app's": () => of({ te: "trailers" }),
  "Proxy-Authenticate of the app's": () => of({ "proxy-authenticate": "Basic" }),
  "Proxy-Connection of the app's": () => of({ "proxy-connection": "close" }),
};

/** Fields that nginx obeys. */
const accelerated: Lines = {
  "X-Accel-Expires": () => of({ "x-accel-expires": "0" }),
  "X-Accel-Buffering: no": () => of({ "x-accel-buffering": "no" }),
  "X-Accel-Buffering: yes": () => of({ "x-accel-buffering": "yes" }),
  "X-Accel-Limit-Rate": () => of({ "x-accel-limit-rate": "100000" }),
  "X-Accel-Charset": () => of({ "x-accel-charset": "utf-8" }),
  "X-Accel-Redirect": () => of({ "x-accel-redirect": "/case/an%20empty%20value" }),
  "X-Sendfile": () => of({ "x-sendfile": "/etc/hostname" }),
};

const row = "Headers, lengths, reasons, `HEAD`";

export const headers: readonly Table[] = [
  { row, cases: { ...lines, ...types, ...connection, ...accelerated, ...lengths } },
  // @hono/node-server sends false lengths, and ends at a trailer.
  {
    row,
    shape: { on: ["bun", "deno"] },
    cases: {
      ...falseLengths,
      ...refused,
      "Trailer of the app's": () => of({ trailer: "x-own" }),
      "headers of a map": () =>
        new Response("x", {
          headers: new Map([["x-own", "1"]]) as unknown as Record<string, string>,
        }),
    },
  },
];
