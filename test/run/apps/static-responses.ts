/** Routes of `Bun.serve` that are Responses of every kind: `/names` has the names of all. */

import process from "node:process";

const date = "Mon, 30 Nov 2020 05:00:00 GMT";

function cookies(): Response {
  const response = new Response("cookies");
  response.headers.append("set-cookie", "a=1");
  response.headers.append("set-cookie", "b=2");
  return response;
}

const kept = new Response("kept");

const responses: Record<string, Response> = {
  text: new Response("Ready", { headers: { "X-Ready": "1" } }),
  unicode: new Response("é€😀"),
  long: new Response("x".repeat(300_000)),
  empty: new Response(""),
  null: new Response(null),
  none: new Response(),
  bytes: new Response(new Uint8Array([1, 2, 3])),
  buffer: new Response(new ArrayBuffer(2)),
  "typed bytes": new Response(new Uint8Array([65]), { headers: { "content-type": "x/y" } }),
  json: Response.json({ a: 1 }),
  "json with a status": Response.json({ a: 1 }, { status: 201 }),
  blob: new Response(new Blob(["b"], { type: "text/x" })),
  "blob without a type": new Response(new Blob(["b"])),
  search: new Response(new URLSearchParams("a=b")),
  clone: new Response("cloned").clone(),
  kept,
  "kept again": kept,
  subclass: new (class extends Response {})("subclass"),
  404: new Response("not found", { status: 404 }),
  204: new Response(null, { status: 204 }),
  304: new Response(null, { status: 304 }),
  500: new Response("failed", { status: 500 }),
  299: new Response("odd", { status: 299, statusText: "Odd" }),
  redirect: Response.redirect("/text", 302),
  tag: new Response("tagged", { headers: { etag: '"own"' } }),
  "weak tag": new Response("tagged", { headers: { etag: 'W/"own"' } }),
  "bare tag": new Response("tagged", { headers: { etag: "own" } }),
  "empty tag": new Response("tagged", { headers: { etag: "" } }),
  length: new Response("abc", { headers: { "content-length": "77", "x-a": "1" } }),
  type: new Response("abc", { headers: { "content-type": "x/y" } }),
  events: new Response("data: 1\n\n", { headers: { "content-type": "text/event-stream" } }),
  dated: new Response("abc", { headers: { "last-modified": date } }),
  "dated without content": new Response(null, { headers: { "last-modified": date } }),
  "wrongly dated": new Response("abc", { headers: { "last-modified": "yesterday" } }),
  cookies: cookies(),
  // Texts whose hash has a zero in front.
  ...Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => `n${index}`)
      .filter((text) => Bun.hash.xxHash64(text) < 2n ** 60n)
      .map((text) => [text, new Response(text)]),
  ),
};

const routes = Object.fromEntries(
  Object.entries(responses).map(([name, response]) => [`/${name.replaceAll(" ", "-")}`, response]),
);

Bun.serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  development: false,
  routes: {
    ...routes,
    "/names": Response.json(Object.keys(routes)),
    "/methods": { GET: new Response("got"), POST: new Response("posted"), PUT: kept },
    "/moved": new Response("moved", { headers: { location: "/text" } }),
    "/by-a-parameter/:id": new Response("for all"),
    "/below/*": new Response("below"),
  },
  fetch: () => new Response("fetch"),
});
// What becomes of a Response later changes nothing.
await kept.text();
responses.text!.headers.set("x-later", "1");
