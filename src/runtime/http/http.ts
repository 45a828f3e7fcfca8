/**
 * The HTTP server in front of an SCGI server, over `node:http`, which all three runtimes have: the
 * servers that Bun and Deno have for fetch handlers make up a URL from a target and a Host field
 * that are not shown, and answer what has no URL with pages of their own.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { formatAddress } from "../../address.ts";
import { appendField, FORBIDDEN } from "../../cgi/fields.ts";
import { targetUrl } from "../../cgi/http-target.ts";
import { REASONS } from "../../cgi/reasons.ts";
import { TEXT_TYPE } from "../fetch/recording.ts";
import { takesBody } from "../../cgi/request.ts";
import { permitsAsked } from "../system/permissions.ts";

/** The other end of an HTTP connection; an empty host is one that has left already. */
export interface Peer {
  readonly hostname: string;
  readonly port: number;
}

/** A fetch handler that is told the client address. */
export type HttpHandler = (request: Request, peer: Peer) => Promise<Response>;

/** A request with its response, once that has ended. */
export interface Answered {
  readonly request: Request;
  readonly peer: Peer;
  /** Status of the response; 0 where the client disconnected before it. */
  status: number;
  /** Bytes of the body that were sent. */
  bytes: number;
  /** When the request came, in milliseconds since 1970. */
  readonly time: number;
  /** Time until the end of the response, in milliseconds. */
  duration: number;
}

/** An HTTP server that listens. */
export interface HttpServer {
  readonly port: number;
  /** Accepts no more; resolves when the requests that are open have ended. */
  drain(): Promise<void>;
  /** Ends it, with the connections that are open. */
  close(): Promise<void>;
  /** Lets the process end while it listens. */
  unref(): void;
}

/** How long the head of a request may be, in bytes, as that of an SCGI request. */
const MAX_HEAD_BYTES = 65536;
/** How many fields a request may have, likewise. */
const MAX_FIELDS = 1000;

/**
 * Serves a handler over HTTP.
 *
 * @param ended Called at the end of each response of the handler.
 */
export async function serveHttp(
  { hostname, port }: { hostname: string; port: number },
  handler: HttpHandler,
  ended?: (answered: Answered) => void,
): Promise<HttpServer> {
  const { createServer } = await import("node:http");
  const host = formatAddress({ hostname, port });
  // What listens on Deno throws where nobody can catch it.
  if (!permitsAsked({ name: "net", host })) {
    throw new Error(`permission is denied. Run deno with --allow-net=${host}`);
  }
  const options = {
    // An upload takes as long as it takes.
    requestTimeout: 0,
    maxHeaderSize: MAX_HEAD_BYTES,
    // It is refused with a page below.
    requireHostHeader: false,
  };
  const connections = new Connections();
  const server = createServer(options, (incoming, outgoing) => {
    connections.hold(incoming.socket, outgoing);
    answer(incoming, outgoing, handler, ended).catch(() => outgoing.destroy());
  });
  server.on("connection", (socket) => connections.add(socket));
  // What is over a limit there is dropped without a word.
  server.maxHeadersCount = 0;
  // Without a listener the connection would be closed without a word.
  server.on("connect", (_, socket) => {
    socket.on("error", () => {});
    const head = `HTTP/1.1 501 ${REASONS[501]}\r\nConnection: close\r\n`;
    socket.end(`${head}Content-Type: ${TEXT_TYPE}\r\n\r\n${REASONS[501]}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, hostname, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    drain() {
      server.close();
      return connections.drain();
    },
    // deno-lint-ignore require-await
    async close() {
      server.close();
      connections.destroy();
    },
    unref: () => void server.unref(),
  };
}

/** The connections of a server, each with the number of its requests that are open. */
class Connections {
  readonly #open: Map<Socket, number> = new Map();
  #drained: Promise<void> | undefined;
  #resolve!: () => void;

  /** Takes a connection, until it closes. */
  add(socket: Socket): void {
    this.#open.set(socket, 0);
    socket.on("close", () => {
      this.#open.delete(socket);
      if (this.#open.size === 0 && this.#drained !== undefined) this.#resolve();
    });
  }

  /** Takes a request of a connection, until its reply has ended. */
  hold(socket: Socket, outgoing: ServerResponse): void {
    this.#count(socket, 1);
    outgoing.on("close", () => this.#count(socket, -1));
  }

  /** Ends each connection once it has no request; `Server.close` waits for those of browsers. */
  drain(): Promise<void> {
    return this.#drained ??= new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#open.size === 0) resolve();
      for (const [socket, requests] of this.#open) if (requests === 0) socket.destroy();
    });
  }

  /** Ends all of them. */
  destroy(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #count(socket: Socket, change: number): void {
    const requests = this.#open.get(socket);
    if (requests === undefined) return;
    this.#open.set(socket, requests + change);
    if (requests + change === 0 && this.#drained !== undefined) socket.destroySoon();
  }
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: HttpHandler,
  ended: ((answered: Answered) => void) | undefined,
): Promise<void> {
  const left = new AbortController();
  outgoing.on("close", () => outgoing.writableFinished || left.abort()).on("error", () => {});
  incoming.on("error", () => {});
  const { remoteAddress = "", remotePort = 0 } = incoming.socket;
  let answered: Answered | undefined;
  const begun = performance.now();
  try {
    const request = toRequest(incoming, left.signal);
    if (typeof request === "number") return refuse(outgoing, request);
    const peer = { hostname: remoteAddress, port: remotePort };
    answered = { request, peer, status: 0, bytes: 0, time: Date.now(), duration: 0 };
    const response = await handler(request, peer);
    if (!left.signal.aborted) answered.status = response.status;
    await send(response, outgoing, left.signal, answered);
  } catch {
    if (outgoing.headersSent) breakOff(incoming, outgoing);
    else refuse(outgoing, 500);
  } finally {
    if (answered !== undefined) {
      answered.duration = performance.now() - begun;
      ended?.(answered);
    }
  }
}

/** The Request that a client sent, or the status that refuses it. */
function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request | number {
  const { method = "", url: target = "", httpVersion, rawHeaders, socket } = incoming;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return 505;
  if (FORBIDDEN.test(method)) return 501;
  if (rawHeaders.length > 2 * MAX_FIELDS) return 431;
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    appendField(headers, rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  // A coding that is not taken off the body here would be hidden from the app.
  if ((headers.get("transfer-encoding") ?? "chunked").toLowerCase() !== "chunked") return 501;
  // Several fields are joined, which gives no host.
  const host = headers.get("host") ??
    (httpVersion === "1.0" ? `localhost:${socket.localPort}` : "");
  const url = targetUrl(target, host);
  if (url === undefined) return 400;
  headers.set("host", url.split("/", 3)[2]!);
  const init: RequestInit & { duplex?: string } = { method, headers, signal };
  if (takesBody(method)) {
    init.body = bodyOf(incoming);
    init.duplex = "half";
  }
  const request = new Request(url, init);
  return request.method === method ? request : 501;
}

/** The body of a request. Where it is not wanted the rest is dropped, so that a reply can follow. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let over = false;
  incoming.pause();
  return new ReadableStream({
    start(controller) {
      const end = (action: () => void) => () => {
        if (!over) action();
        over = true;
      };
      const fail = end(() => controller.error(new Error("The client left during its upload")));
      incoming.on("data", (bytes: Uint8Array) => {
        if (over) return;
        incoming.pause();
        controller.enqueue(bytes);
      });
      incoming.on("end", end(() => controller.close())).on("error", fail).on("close", fail);
    },
    pull: () => void incoming.resume(),
    cancel() {
      over = true;
      incoming.resume();
    },
  }, { highWaterMark: 0 });
}

async function send(
  response: Response,
  outgoing: ServerResponse,
  left: AbortSignal,
  answered: Answered,
): Promise<void> {
  const { status, statusText, headers, body } = response;
  outgoing.statusCode = status;
  // Bun would send other bytes than ASCII as UTF-8.
  outgoing.statusMessage = /^[\t\x20-\x7e]+$/.test(statusText) ? statusText : REASONS[status] ?? "";
  headers.forEach((value, name) => outgoing.appendHeader(name, value));
  if (body === null) return void outgoing.end();
  if (left.aborted) return await body.cancel(left.reason);
  // A reply that is quiet at first has a head all the same; flushHeaders() would make UTF-8 of it.
  outgoing.write(new Uint8Array(0));
  const reader = body.getReader();
  let wake = () => {};
  outgoing.on("drain", () => wake());
  left.addEventListener("abort", () => {
    reader.cancel(left.reason).catch(() => {});
    wake();
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (left.aborted) return;
    if (done) return void outgoing.end();
    if (answered.request.method !== "HEAD") answered.bytes += value.length;
    if (outgoing.write(value)) continue;
    await new Promise<void>((resolve) => wake = resolve);
  }
}

/** Ends a reply that failed, so that it does not look whole. */
function breakOff({ httpVersion, socket }: IncomingMessage, outgoing: ServerResponse): void {
  // Its end is that of the connection, unless a reset tells of the failure.
  if (httpVersion === "1.0" && !outgoing.hasHeader("content-length")) socket.resetAndDestroy();
  else outgoing.destroy();
}

/** Answers with a page, and ends the connection: what follows on it may be no request. */
function refuse(outgoing: ServerResponse, status: number): void {
  const reason = REASONS[status]!;
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  outgoing.shouldKeepAlive = false;
  outgoing.writeHead(status, reason, {
    "content-type": TEXT_TYPE,
    "content-length": reason.length + 1,
  }).end(`${reason}\n`);
}
