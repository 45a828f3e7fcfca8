/**
 * The HTTP front: lets a browser reach an SCGI server without a web server, for trying it out.
 *
 * @module
 */

import path from "node:path";
import { formatAddress, type ListenAddress } from "../address.ts";
import { forwarding } from "../client/gateway.ts";
import {
  type Answered,
  type HttpHandler,
  type HttpServer,
  serveHttp,
} from "../runtime/http/http.ts";
import { httpAddress } from "./checked-addresses.ts";
import { CommandError } from "./error.ts";

const IN_USE = "another program listens there. Stop it, or give FLAG another port";
const FORBIDDEN = "permission is denied. Give FLAG a port from 1024 on";
const FOREIGN = "this machine has no such address. Give FLAG a port alone";

/** The end of the message, by the error's code or, on Deno, its name. FLAG stands for the flag. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: IN_USE,
  AddrInUse: IN_USE,
  EACCES: FORBIDDEN,
  PermissionDenied: FORBIDDEN,
  EADDRNOTAVAIL: FOREIGN,
  AddrNotAvailable: FOREIGN,
  ENOTFOUND: FOREIGN,
  // Of Bun for an unknown name, and of Deno for an address of another machine.
  EINVAL: FOREIGN,
};

/** An HTTP front that listens. */
export interface Front {
  /** The URL to open in a browser. */
  readonly url: string;
  /** Accepts no more requests; resolves when those under way have ended. */
  drain(): Promise<void>;
  /** Closes all WebSockets: only their server can end them by itself. */
  stopTunnels(): void;
  /** Closes the listener and all connections. */
  close(): Promise<void>;
  /** Lets the process end while the front listens. */
  unref(): void;
}

/** Opens an HTTP front on `[HOST:]PORT` for the SCGI server of this command. */
export async function openFront(at: string, to: ListenAddress): Promise<Front> {
  if (to.transport === "fd") {
    throw new CommandError("--http cannot reach an inherited socket. Give --listen an address");
  }
  // The app may change the working directory.
  const target = "path" in to ? { unix: path.resolve(to.path) } : to;
  // The SCGI server has time-outs of its own, and reports its failures.
  const forward = forwarding({ to: target, replyTimeout: 0, onError() {} });
  return await openHttp(
    at,
    (request, peer, takeOver) => forward(request, { remoteAddr: peer }, takeOver),
  );
}

/**
 * Serves a handler over HTTP on `[HOST:]PORT`.
 *
 * @param ended Called at the end of each response of the handler.
 */
export async function openHttp(
  at: string,
  handler: HttpHandler,
  ended?: (answered: Answered) => void,
): Promise<Front> {
  const address = httpAddress(at);
  let server: HttpServer;
  try {
    server = await serveHttp(address, handler, ended);
  } catch (error) {
    throw cannotListen(
      `The HTTP front cannot listen on ${formatAddress(address)}`,
      "--http",
      error,
    );
  }
  const { hostname } = address;
  const authority = formatAddress({ hostname, port: server.port });
  return {
    url: `http://${authority}/`,
    drain: () => server.drain(),
    stopTunnels: () => server.stopTunnels(),
    close: () => server.close(),
    unref: () => server.unref(),
  };
}

/** The error of an HTTP server that cannot listen at the address of a flag. */
export function cannotListen(what: string, flag: string, error: unknown): CommandError {
  const { code, name, message } = error as Error & { code?: string };
  const why = ADVICE[code ?? ""] ?? ADVICE[name] ?? message;
  return new CommandError(`${what}: ${why.replace("FLAG", flag)}`, 1);
}
