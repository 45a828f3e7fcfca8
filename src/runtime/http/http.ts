/**
 * The HTTP server in front of an SCGI server, over `node:http`, which all three runtimes have. The
 * servers of Bun and Deno for fetch handlers show only a URL that they made from the target and the
 * Host field, and answer a request without a valid URL by themselves.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { REASONS } from "../../cgi/reasons.ts";
import { TEXT_TYPE } from "../fetch/recorded-body.ts";
import type { FreeAddress, Socket as ServerSocket, SocketEvents } from "../../transport/socket.ts";
import { bindHttp } from "./bind.ts";
import { Connections } from "./connections.ts";
import { toRequest } from "./incoming.ts";
import { breakOff, refuse, send } from "./outgoing.ts";
import { asksForWebSocket, SwitchingClient, withoutUpgrade } from "./switching-client.ts";

/** The client address of an HTTP connection. The host is empty if the client has disconnected. */
export interface Peer {
  readonly hostname: string;
  readonly port: number;
}

/**
 * A fetch handler that is told the client address. Where the client asks for a WebSocket, `takeOver`
 * answers with a Response of status 101, which the handler returns as well, and joins the connection to
 * that of a server. It returns the handlers of that connection's events.
 */
export type HttpHandler = (
  request: Request,
  peer: Peer,
  takeOver?: (response: Response, server: ServerSocket) => SocketEvents,
) => Promise<Response>;

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
  /** The port; 0 for a Unix socket. */
  readonly port: number;
  /** Removes the path of a Unix socket. */
  removePath(): void;
  /** Stops accepting. Resolves when all open requests have ended. */
  drain(): Promise<void>;
  /** Closes the connections that were switched to another protocol: only their server could end them. */
  stopTunnels(): void;
  /** Stops accepting, and closes all connections. */
  close(): Promise<void>;
  /** Lets the process end while the server is listening. */
  unref(): void;
}

/** The longest head of a request in bytes, as for SCGI. */
const MAX_HEAD_BYTES = 65536;
/**
 * Serves a handler over HTTP.
 *
 * @param ended Called at the end of each response of the handler.
 */
export async function serveHttp(
  address: FreeAddress,
  handler: HttpHandler,
  ended?: (answered: Answered) => void,
): Promise<HttpServer> {
  const { createServer, ServerResponse } = await import("node:http");
  const options = {
    // An upload may take any time.
    requestTimeout: 0,
    maxHeaderSize: MAX_HEAD_BYTES,
    // A missing Host field is answered in `toRequest`.
    requireHostHeader: false,
    shouldUpgradeCallback: asksForWebSocket,
  };
  const connections = new Connections();
  const tunnels = new Set<SwitchingClient>();
  const server = createServer(options, (incoming, outgoing) => {
    connections.open(incoming.socket, outgoing);
    const disconnect = new AbortController();
    outgoing.on("close", () => outgoing.writableFinished || disconnect.abort());
    answer({ incoming, outgoing, disconnect }, handler, ended).catch(() => outgoing.destroy());
  });
  server.on("upgrade", (incoming, stream, first) => {
    const socket = stream as Socket;
    // Node 20 has no shouldUpgradeCallback.
    if (!asksForWebSocket(incoming)) {
      socket.unshift(withoutUpgrade(incoming, first));
      return void server.emit("connection", socket);
    }
    const disconnect = new AbortController();
    const client = new SwitchingClient(socket, first, () => disconnect.abort());
    tunnels.add(client);
    void client.closed.then(() => tunnels.delete(client));
    const outgoing = new ServerResponse(incoming);
    outgoing.on("finish", () => socket.destroySoon());
    // Node passes this on only for connections that were not switched.
    socket.on("drain", () => outgoing.emit("drain"));
    connections.open(socket, outgoing);
    answer({ incoming, outgoing, disconnect, client }, handler, ended)
      .catch(() => socket.destroy());
  });
  server.on("connection", (socket) => connections.add(socket));
  // With a limit `node:http` silently drops further fields.
  server.maxHeadersCount = 0;
  // Without a listener CONNECT would close the connection without a response.
  server.on("connect", (_, socket) => {
    socket.on("error", () => {});
    const head = `HTTP/1.1 501 ${REASONS[501]}\r\nConnection: close\r\n`;
    socket.end(`${head}Content-Type: ${TEXT_TYPE}\r\n\r\n${REASONS[501]}\n`);
  });
  const bound = await bindHttp(server, address);
  return {
    port: bound.address.transport === "tcp" ? bound.address.port : 0,
    removePath: () => bound.removePath?.(),
    drain() {
      void bound.close();
      return connections.drain();
    },
    stopTunnels() {
      for (const client of tunnels) client.stop();
    },
    async close() {
      const closed = bound.close();
      connections.destroy();
      await closed;
    },
    unref: () => void server.unref(),
  };
}

/** A request that is being answered. */
interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly disconnect: AbortController;
  /** The client, where it asks for a WebSocket. */
  readonly client?: SwitchingClient;
}

async function answer(
  { incoming, outgoing, disconnect, client }: Exchange,
  handler: HttpHandler,
  ended: ((answered: Answered) => void) | undefined,
): Promise<void> {
  outgoing.on("error", () => {});
  incoming.on("error", () => {});
  const { remoteAddress = "", remotePort = 0 } = incoming.socket;
  let answered: Answered | undefined;
  const begun = performance.now();
  try {
    const request = toRequest(incoming, disconnect.signal);
    if (typeof request === "number") return refuse(ordinary(outgoing, client), request);
    const peer = { hostname: remoteAddress, port: remotePort };
    answered = { request, peer, status: 0, bytes: 0, time: Date.now(), duration: 0 };
    const takeOver = client?.switch.bind(client);
    const response = await handler(request, peer, takeOver);
    if (!disconnect.signal.aborted) answered.status = response.status;
    if (client?.switched !== true) {
      return await send(response, ordinary(outgoing, client), disconnect.signal, answered);
    }
    await client.closed;
    answered.bytes = client.sent;
  } catch {
    if (outgoing.headersSent) breakOff(incoming, outgoing);
    else refuse(ordinary(outgoing, client), 500);
  } finally {
    if (answered !== undefined) {
      answered.duration = performance.now() - begun;
      ended?.(answered);
    }
  }
}

/** Prepares the ordinary response to a request, also to one that asks for a WebSocket. */
function ordinary(outgoing: ServerResponse, client: SwitchingClient | undefined): ServerResponse {
  if (client?.refuse() !== true) return outgoing;
  outgoing.shouldKeepAlive = false;
  outgoing.assignSocket(outgoing.req.socket);
  return outgoing;
}
