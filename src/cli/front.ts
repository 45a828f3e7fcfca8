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
import { complain } from "../report/diagnostics.ts";
import { httpAddress } from "./checked-addresses.ts";
import { CommandError } from "./error.ts";
import { FollowingServer, isTaken } from "./following-server.ts";

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
export interface Front extends HttpServer {
  /** The URL to open in a browser. */
  readonly url: string;
  /** Whether another program had the address at the start. The front opens once that one has left. */
  readonly waits: boolean;
}

/**
 * Opens an HTTP front on `[HOST:]PORT` for the SCGI server of this command.
 *
 * @param takeOver Whether an address that is taken is waited for.
 * @param say Writes the status line of a front that has waited, once it is open.
 */
export async function openFront(
  at: string,
  to: ListenAddress,
  takeOver: boolean | undefined,
  say: (line: string) => void,
): Promise<Front> {
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
    takeOver === true ? { followed: (url) => say(`Open ${url}`) } : {},
  );
}

/** The rarer arguments of {@linkcode openHttp}. */
export interface OpenHttpOptions {
  /** Called at the end of each response of the handler. */
  ended?: (answered: Answered) => void;
  /**
   * Called with the URL of an address that was taken, once it is open. Without it, such an address is
   * an error.
   */
  followed?: (url: string) => void;
}

/** Serves a handler over HTTP on `[HOST:]PORT`. */
export async function openHttp(
  at: string,
  handler: HttpHandler,
  { ended, followed }: OpenHttpOptions,
): Promise<Front> {
  const address = httpAddress(at);
  const open = () => serveHttp(address, handler, ended);
  const cannot = (error: unknown): CommandError =>
    cannotListen(`The HTTP front cannot listen on ${formatAddress(address)}`, "--http", error);
  const urlOf = ({ port }: { port: number }) => `http://${formatAddress({ ...address, port })}/`;
  let server: HttpServer;
  try {
    server = await open();
  } catch (error) {
    if (followed === undefined || !isTaken(error)) throw cannot(error);
    server = new FollowingServer(open, {
      opened: () => followed(urlOf(address)),
      failed: (error) => complain(cannot(error).message),
    });
  }
  const waits = server instanceof FollowingServer;
  return Object.assign(server, { url: urlOf(waits ? address : server), waits });
}

/** The error of an HTTP server that cannot listen at the address of a flag. */
export function cannotListen(what: string, flag: string, error: unknown): CommandError {
  const { code, name, message } = error as Error & { code?: string };
  const why = ADVICE[code ?? ""] ?? ADVICE[name] ?? message;
  return new CommandError(`${what}: ${why.replace("FLAG", flag)}`, 1);
}
