/**
 * The HTTP front: lets a browser try an SCGI server with no web server, over the real socket.
 *
 * @module
 */

import { formatAddress, type ListenAddress, parseAddress } from "../address.ts";
import { gateway } from "../client/gateway.ts";
import { type HttpHandler, type HttpServer, serveHttp } from "../runtime/http/http.ts";
import { CommandError } from "./error.ts";

const TAKEN = "another program listens there. Stop it, or give --http another port";
const FORBIDDEN = "permission is denied. Give --http a port from 1024 on";

/** What to do about an error, by its code or, on Deno, its name. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: TAKEN,
  AddrInUse: TAKEN,
  EACCES: FORBIDDEN,
  PermissionDenied: FORBIDDEN,
};

/** A front that listens. */
export interface Front {
  /** What to open. */
  readonly url: string;
  /** Accepts no more; resolves when the requests that are open have ended. */
  drain(): Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
  /** Lets the process end while it listens. */
  unref(): void;
}

/** Opens a front on `[HOST:]PORT` to the SCGI server of this command. */
export async function openFront(at: string, to: ListenAddress): Promise<Front> {
  if (to.transport === "fd") {
    throw new CommandError("--http cannot reach an inherited socket. Give --listen an address", 1);
  }
  // The server behind it has time-outs of its own, and reports its own failures.
  const forward = gateway({ to, replyTimeout: 0, onError() {} });
  return await openHttp(at, (request, peer) => forward(request, { remoteAddr: peer }));
}

/** Serves a handler over HTTP on `[HOST:]PORT`. */
export async function openHttp(at: string, handler: HttpHandler): Promise<Front> {
  const address = parseAddress(at);
  if (!("port" in address)) throw new CommandError(`--http takes [HOST:]PORT, and not ${at}`);
  let server: HttpServer;
  try {
    server = await serveHttp(address, handler);
  } catch (error) {
    const { code, name, message } = error as Error & { code?: string };
    const why = ADVICE[code ?? ""] ?? ADVICE[name] ?? message;
    throw new CommandError(`The HTTP front cannot listen on ${formatAddress(address)}: ${why}`, 1);
  }
  const { hostname } = address;
  const authority = formatAddress({ hostname, port: server.port });
  return {
    url: `http://${authority}/`,
    drain: () => server.drain(),
    close: () => server.close(),
    unref: () => server.unref(),
  };
}
