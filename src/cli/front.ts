/**
 * The HTTP front: lets a browser try an app with no web server, over the real socket.
 *
 * @module
 */

import { formatAddress, type ListenAddress, parseAddress } from "../address.ts";
import { gateway } from "../gateway.ts";
import { type HttpServer, serveHttp } from "../sockets/http.ts";
import { CommandError } from "./error.ts";

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

/** Opens a front on `[HOST:]PORT` to an SCGI server. */
export async function openFront(at: string, to: ListenAddress): Promise<Front> {
  const address = parseAddress(at);
  if (!("port" in address)) throw new CommandError(`--http takes [HOST:]PORT, and not ${at}`);
  if (to.transport === "fd") {
    throw new CommandError("--http cannot reach an inherited socket. Give --listen an address", 1);
  }
  const forward = gateway({ to });
  let server: HttpServer;
  try {
    server = await serveHttp(
      address,
      (request, peer) =>
        forward(request, { REMOTE_ADDR: peer.hostname, REMOTE_PORT: String(peer.port) }),
    );
  } catch (error) {
    const { message } = error as Error;
    throw new CommandError(
      `The HTTP front cannot listen on ${formatAddress(address)}: ${message}`,
      1,
    );
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
