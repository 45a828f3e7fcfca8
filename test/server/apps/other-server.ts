/**
 * Serves one app with `@hono/node-server`, which replaces the globals Request and Response, and over
 * SCGI, in the order that the argument names: `hono-first` or `scgi-first`. Prints a line of JSON with
 * the replies of both to each request.
 */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { serve as serveHttp } from "@hono/node-server";
import { fetch as fetchScgi } from "../../../src/client.ts";
import { serve } from "../../../src/mod.ts";

const native = { Request, Response, fetch };

const kinds: Record<string, (request: Request) => Response | Promise<Response>> = {
  "text": () => new Response("text", { headers: { "x-a": "b" } }),
  "a text of before": () => new native.Response("text"),
  "bytes": () => new Response(new Uint8Array([65, 66]), { headers: { "content-type": "a/b" } }),
  "json": () => Response.json({ a: 1 }),
  "json of before": () => native.Response.json({ a: 1 }),
  "redirect": () => Response.redirect("http://h/x"),
  "status": () => new Response(null, { status: 204 }),
  "stream": () =>
    new Response(new Blob(["stream"]).stream(), { headers: { "content-type": "a/b" } }),
  "clone": () => new Response("clone").clone(),
  "copy": () => {
    const response = new Response("copy", { headers: { "x-a": "b" } });
    return new Response(response.body, response);
  },
  "class": () => new class extends Response {}("class"),
  "fetched": () => fetch("data:text/css,fetched"),
  "is one": async () =>
    Response.json([
      new Response("x") instanceof Response,
      new native.Response("x") instanceof Response,
      await fetch("data:,x") instanceof Response,
    ]),
  "echo": async (request) => new Response(await request.text()),
  "cloned": async (request) => new Response(await request.clone().text() + await request.text()),
  "copied": async (request) => new Response(await new Request(request).text()),
  "headers": (request) =>
    Response.json([request.headers.get("x-b"), request instanceof Request, request.signal.aborted]),
};

const app = {
  fetch: (request: Request) =>
    kinds[decodeURIComponent(new URL(request.url).pathname.slice(1))]!(request),
};

async function startHttp() {
  const server = serveHttp({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return server.address() as AddressInfo;
}

async function startScgi() {
  const server = serve(app, { port: 0 });
  await server.ready;
  return server.addr as { port: number };
}

const first = process.argv[2] === "hono-first" ? await startHttp() : await startScgi();
const second = process.argv[2] === "hono-first" ? await startScgi() : await startHttp();
const [http, scgi] = process.argv[2] === "hono-first" ? [first, second] : [second, first];

/** How a reply is carried, and a type that is not the app's: `@hono/node-server` leaves some out. */
const IGNORED =
  /^(?:(?:date|connection|keep-alive|transfer-encoding|content-length|x-accel-buffering):|content-type: text\/plain)/;

async function seen(reply: Response) {
  const headers = [...reply.headers].map(([name, value]) => `${name}: ${value}`)
    .filter((line) => !IGNORED.test(line));
  return { status: reply.status, headers: headers.sort(), body: await reply.text() };
}

for (const name of Object.keys(kinds)) {
  const path = encodeURIComponent(name);
  const init = {
    method: "POST",
    body: "posted",
    headers: { "x-b": "c" },
    redirect: "manual",
  } as const;
  const replies = [
    await native.fetch(`http://127.0.0.1:${http.port}/${path}`, init),
    await fetchScgi(`http://localhost/${path}`, {
      ...init,
      to: { hostname: "127.0.0.1", port: scgi.port },
    }),
  ];
  console.log(JSON.stringify({ name, replies: await Promise.all(replies.map(seen)) }));
}
process.exit(0);
