/**
 * The HTTP server of Node, for fetch handlers.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { HttpHandler, HttpServer } from "./http.ts";

/** Serves a handler over HTTP. */
export async function serveNodeHttp(
  { hostname, port }: { hostname: string; port: number },
  handler: HttpHandler,
): Promise<HttpServer> {
  // An upload takes as long as it takes.
  const server = createServer({ requestTimeout: 0 }, (incoming, outgoing) => {
    answer(incoming, outgoing, handler).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, hostname, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    drain: () => new Promise((resolve) => server.close(() => resolve())),
    // deno-lint-ignore require-await
    async close() {
      server.close();
      server.closeAllConnections();
    },
    unref: () => void server.unref(),
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: HttpHandler,
): Promise<void> {
  const left = new AbortController();
  outgoing.on("close", () => outgoing.writableFinished || left.abort());
  let request: Request;
  try {
    request = toRequest(incoming, left.signal);
  } catch {
    // A host or a method that no Request can have.
    outgoing.writeHead(400).end("Bad Request\n");
    return;
  }
  const { remoteAddress = "", remotePort = 0 } = incoming.socket;
  await send(await handler(request, { hostname: remoteAddress, port: remotePort }), outgoing);
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", url: target = "/", rawHeaders } = incoming;
  const origin = `http://${incoming.headers.host ?? "localhost"}`;
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  const init: RequestInit & { duplex?: string } = { method, headers, signal };
  if (method !== "GET" && method !== "HEAD") {
    init.body = Readable.toWeb(incoming) as unknown as BodyInit;
    init.duplex = "half";
  }
  return new Request(target.startsWith("/") ? origin + target : new URL(target, origin), init);
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  if (response.statusText) outgoing.statusMessage = response.statusText;
  response.headers.forEach((value, name) => outgoing.appendHeader(name, value));
  if (response.body === null) return void outgoing.end();
  // One that is quiet at first has a head all the same.
  outgoing.flushHeaders();
  await pipeline(Readable.fromWeb(response.body as never), outgoing);
}
