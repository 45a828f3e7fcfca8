/**
 * A fetch handler that forwards to an SCGI server.
 *
 * @module
 */

import type { Address } from "./address.ts";
import { connectionFields, HOP_BY_HOP } from "./cgi/hop-by-hop.ts";
import { isUnder, normalizePrefix } from "./cgi/mount.ts";
import { REASONS } from "./cgi/reasons.ts";
import { toVariables } from "./cgi/to-variables.ts";
import { type ClientLimits, send, toDestination } from "./client/send.ts";
import { asScgiError, textResponse } from "./errors.ts";
import { printError, reporter } from "./reporter.ts";

export type { Address, FdAddress, ListenAddress, TcpAddress, UnixAddress } from "./address.ts";
export type { ClientLimits } from "./client/send.ts";

/** Options of {@linkcode gateway}. */
export interface GatewayOptions extends ClientLimits {
  /** The SCGI server. */
  to: Address;
  /**
   * The path that the gateway is mounted at. It becomes `SCRIPT_NAME`, what follows it `PATH_INFO`;
   * a path that is not below it gets 404. The root unless set.
   */
  basePath?: string | undefined;
  /** Is told why a request got no reply of the server's. Writes to standard error unless set. */
  onError?: ((error: unknown, request: Request) => void) | undefined;
}

/**
 * A handler that forwards. `env` may tell who asks: as the variables `REMOTE_ADDR` and
 * `REMOTE_PORT`, or as what the runtimes' own HTTP servers give a handler.
 */
export type Gateway = (request: Request, env?: unknown) => Promise<Response>;

/** What `env` may hold. */
interface Asker {
  REMOTE_ADDR?: unknown;
  REMOTE_PORT?: unknown;
  requestIP?: (request: Request) => { address: string; port: number } | null;
  remoteAddr?: { hostname?: string; port?: number };
  incoming?: { socket?: { remoteAddress?: string; remotePort?: number } };
}

/**
 * Makes a fetch handler that forwards every request to an SCGI server, with all CGI variables
 * (RFC 3875, section 4.1). Bodies stream both ways, and a signal that aborts ends the connection.
 * Fields of one connection only, those that `Connection` names, and `Proxy` are not passed on.
 *
 * A server that cannot be reached or does not answer well is a 502, one that is silent a 504
 * (`connectTimeout`, `replyTimeout`), an upload without a length over `maxBufferedBytes` a 413.
 *
 * @throws {ScgiError} `ADDRESS_INVALID`, `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { gateway } from "scgi/gateway";
 *
 * const app = new Hono();
 * app.mount("/trac", gateway({ to: "127.0.0.1:4000", basePath: "/trac" }), {
 *   replaceRequest: false,
 * });
 * ```
 */
export function gateway(
  { to, basePath, onError = printError, ...limits }: GatewayOptions,
): Gateway {
  const destination = toDestination(to, limits);
  const report = reporter((error, request) => onError(error, request!), printError);
  const scriptName = basePath === undefined ? "" : normalizePrefix(basePath, "basePath");
  return async (request, env) => {
    if (!isUnder(new URL(request.url).pathname, scriptName)) return page(404);
    try {
      const variables = toVariables(request, { scriptName, env: askedBy(request, env) });
      return passedOn(await send({ request, variables }, destination));
    } catch (error) {
      // Nobody waits for an answer any more, and closed tabs are not errors.
      if (request.signal.aborted) return page(502);
      const ours = asScgiError(error);
      // All else that can fail is the upload.
      if (ours === undefined) return page(400);
      void report(error, request);
      return page(ours.status ?? 502);
    }
  };
}

function askedBy(request: Request, env: unknown): Record<string, string> {
  const { REMOTE_ADDR, REMOTE_PORT, requestIP, remoteAddr, incoming } = (env ?? {}) as Asker;
  const { address, port } = typeof REMOTE_ADDR === "string"
    ? { address: REMOTE_ADDR, port: REMOTE_PORT }
    : typeof requestIP === "function"
    ? requestIP.call(env, request) ?? {}
    : {
      address: remoteAddr?.hostname ?? incoming?.socket?.remoteAddress,
      port: remoteAddr?.port ?? incoming?.socket?.remotePort,
    };
  return {
    ...(address ? { REMOTE_ADDR: address } : {}),
    ...(address && port ? { REMOTE_PORT: String(port) } : {}),
  };
}

function passedOn(response: Response): Response {
  const { headers } = response;
  for (const name of connectionFields(headers) ?? []) {
    // What is no name of a field cannot be asked for.
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) headers.delete(name);
  }
  for (const name of HOP_BY_HOP) headers.delete(name);
  return response;
}

function page(status: number): Response {
  return textResponse(status, REASONS[status] ?? "Error");
}
