/** An HTTP server that the app calls, to pass on what it answers. */

import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

const text = "a text that is long enough to be compressed ".repeat(50);

const coded: Record<string, [coding: string, body: Uint8Array]> = {
  "/gzip": ["gzip", gzipSync(text)],
  "/br": ["br", brotliCompressSync(text)],
  "/deflate": ["deflate", deflateSync(text)],
  "/gzip-br": ["gzip, br", brotliCompressSync(gzipSync(text))],
  "/unknown": ["made-up", Buffer.from("coded")],
};

/** Responses that are cut off when they are asked for with `/off` before their path. */
const halves = new Map<string, ServerResponse>();

/** Answers a request. */
export function answerUpstream(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? "/";
  const [coding, body] = coded[path] ?? [];
  if (coding !== undefined) {
    response.writeHead(200, {
      "content-type": "text/plain",
      "content-encoding": coding,
      "content-length": body!.length,
    });
    response.end(request.method === "HEAD" ? undefined : body);
  } else if (path === "/echo" || path === "/echo-length") {
    const { method, headers } = request;
    if (path === "/echo-length") {
      response.setHeader("x-length", headers["content-length"] ?? "none");
    }
    response.writeHead(200, {
      "content-type": "text/plain",
      "x-method": method!,
      "x-type": headers["content-type"] ?? "none",
      "x-own": headers["x-own"] ?? "none",
    });
    request.pipe(response);
  } else if (path === "/typeless") {
    response.writeHead(200, { "content-length": 7 });
    response.end("fetched");
  } else if (path === "/slow") {
    response.writeHead(200, { "content-length": 7, "content-type": "text/plain" });
    response.write("fet");
    setTimeout(() => response.end("ched"), 20);
  } else if (path.startsWith("/cut?")) {
    response.writeHead(200, { "content-length": 1000, "content-type": "text/plain" });
    response.write("the beginning");
    halves.set(path, response);
  } else if (path.startsWith("/off/")) {
    halves.get(path.slice(4))?.destroy();
    response.end();
  } else if (path === "/moved") {
    response.writeHead(302, { location: "/typeless", "set-cookie": ["a=1", "b=2"] });
    response.end();
  } else if (path === "/none") {
    response.writeHead(204, { "x-own": "1" });
    response.end();
  } else if (path === "/not-modified") {
    response.writeHead(304, { etag: '"e"' });
    response.end();
  } else if (path === "/failed") {
    response.writeHead(503, "Not Now", { "retry-after": "1", "content-type": "text/plain" });
    response.end("not now");
  } else if (path === "/endless") {
    response.writeHead(200, { "content-type": "text/plain" });
    response.write("one ");
    request.socket.on("close", () => clearInterval(timer));
    const timer = setInterval(() => response.write("more "), 20);
  } else if (path === "/chunks") {
    response.writeHead(200, { "content-type": "text/plain", "x-own": ["1", "2"] });
    response.write("one ");
    response.end("two");
  } else {
    response.writeHead(404);
    response.end();
  }
}
