/**
 * A fetch handler that forwards to an SCGI server.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { CONTROL, FORBIDDEN } from "../cgi/fields.ts";
import { connectionFields, HOP_BY_HOP } from "../cgi/hop-by-hop.ts";
import { isUnder, normalizePrefix } from "../cgi/mount.ts";
import { REASONS } from "../cgi/reasons.ts";
import { isBodyless } from "../cgi/response.ts";
import type { DecodedHead, Field } from "../cgi/response-decoder.ts";
import { decodePath, toVariables } from "../cgi/to-variables.ts";
import { isHost } from "../cgi/url.ts";
import { asScgiError, textResponse } from "../errors.ts";
import { printError, reporter } from "../report/reporter.ts";
import { type ClientLimits, toDestination } from "./destination.ts";
import type { TakeOver } from "./call.ts";
import { send } from "./send.ts";

/** Options of {@linkcode gateway}. */
export interface GatewayOptions extends ClientLimits {
  /** The SCGI server. */
  to: Address;
  /**
   * The path of the gateway. It becomes `SCRIPT_NAME`, and the rest of a path below it `PATH_INFO`;
   * any other path gets 404. The root unless set.
   */
  basePath?: string | undefined;
  /**
   * Called with the failure of a request that got no response from the server. Writes to standard
   * error unless set.
   */
  onError?: ((error: unknown, request: Request) => void) | undefined;
}

/**
 * A fetch handler that forwards to an SCGI server. `env` may contain the client address: as the
 * variables `REMOTE_ADDR` and `REMOTE_PORT`, or as the second argument of the handlers of
 * `Bun.serve`, `Deno.serve` and `@hono/node-server`.
 */
export type Gateway = (request: Request, env?: unknown) => Promise<Response>;

/** The schemes of requests; Deno.serve uses `http+unix` on a Unix socket. */
const SCHEME = /^(?:https?|http\+unix):$/;

/** The connection-specific fields of a request for a WebSocket. */
const UPGRADE = { HTTP_UPGRADE: "websocket", HTTP_CONNECTION: "Upgrade" } as const;

/** The forms of the client address in `env`. */
interface ClientAddress {
  REMOTE_ADDR?: unknown;
  REMOTE_PORT?: unknown;
  requestIP?: (request: Request) => { address: string; port: number } | null;
  remoteAddr?: { hostname?: string; port?: number };
  incoming?: { socket?: { remoteAddress?: string; remotePort?: number } };
}

/**
 * Makes a fetch handler that forwards every request to an SCGI server, with all CGI variables
 * (RFC 3875, section 4.1). Bodies stream both ways, and a signal that aborts ends the connection.
 * Hop-by-hop fields, the fields that `Connection` names, and `Proxy` are not forwarded, so that no
 * WebSocket is either: a fetch handler cannot. `scgi gateway` forwards WebSockets.
 *
 * The status is 502 if the server cannot be reached or its response is invalid, for example because
 * its head contains a control character other than TAB; 504 after `connectTimeout` or
 * `replyTimeout`; 413 for an upload of unknown length over `maxBufferedBytes`.
 *
 * It is 400 if `Host` is not a `host[:port]`, a field contains a control character, or the URL
 * contains a password; 501 for `CONNECT`, `TRACE` and `TRACK`; 404 for a path outside `basePath`,
 * also one whose dot segments, once decoded, lead above it. If the URL and `Host` name different
 * authorities, the URL takes precedence.
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
export function gateway(options: GatewayOptions): Gateway {
  const forward = forwarding(options);
  return (request, env) => forward(request, env);
}

/** A {@linkcode Gateway} that can pass a WebSocket on, where the HTTP server lets it. */
export type Forward = (
  request: Request,
  env: unknown,
  takeOver?: TakeOver,
) => Promise<Response>;

/** As {@linkcode gateway}; a request with a {@linkcode TakeOver} asks for a WebSocket. */
export function forwarding(
  { to, basePath, onError = printError, ...limits }: GatewayOptions,
): Forward {
  const destination = { ...toDestination(to, limits), strict: true, fieldsOf: forwarded };
  const report = reporter((error, request) => onError(error, request!), printError);
  const scriptName = basePath === undefined ? "" : normalizePrefix(basePath, "basePath");
  return async (request, env, takeOver) => {
    const url = urlOf(request);
    if (url === undefined) return errorResponse(400);
    if (FORBIDDEN.test(request.method)) return errorResponse(501);
    if (!isUnder(url.pathname, scriptName)) return errorResponse(404);
    if (leadsAboveRoot(url.pathname.slice(scriptName.length))) return errorResponse(404);
    try {
      const overrides = {
        ...hostOf(request, url),
        ...clientAddress(request, env),
        ...(takeOver === undefined ? {} : UPGRADE),
      };
      const variables = toVariables(request, { url, scriptName, env: overrides });
      const { method, signal } = request;
      return await send({ method, signal, request, variables, takeOver }, destination);
    } catch (error) {
      // The client disconnected: closed tabs are not errors.
      if (request.signal.aborted) return errorResponse(502);
      const ours = asScgiError(error);
      // Any other error comes from the upload.
      if (ours === undefined) return errorResponse(400);
      void report(error, request);
      return errorResponse(ours.status ?? 502);
    }
  };
}

/** The URL of a request; undefined if the URL or a field is invalid. */
function urlOf({ url: text, headers }: Request): URL | undefined {
  const host = headers.get("host");
  if (host !== null && !isHost(host)) return undefined;
  for (const [, value] of headers) if (CONTROL.test(value)) return undefined;
  // Without a Host, the URL of Bun.serve is the request target alone.
  const href = text.startsWith("/") ? `http://${host ?? "localhost"}${text}` : text;
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return SCHEME.test(url.protocol) && url.username + url.password === "" ? url : undefined;
}

/** Replaces the Host field by the authority of a target in absolute form (RFC 9112, 3.2.2). */
function hostOf({ headers }: Request, url: URL): { HTTP_HOST?: string } {
  const host = headers.get("host");
  const differs = host !== null && new URL(`${url.protocol}//${host}`).host !== url.host;
  return differs ? { HTTP_HOST: url.host } : {};
}

/** Whether the dot segments of a path, once decoded, lead above its root. */
function leadsAboveRoot(path: string): boolean {
  let depth = 0;
  return decodePath(path).split(/[/\\]/).some((segment) => {
    if (segment === "..") depth--;
    else if (segment !== "" && segment !== ".") depth++;
    return depth < 0;
  });
}

function clientAddress(request: Request, env: unknown): Record<string, string> {
  const { REMOTE_ADDR, REMOTE_PORT, requestIP, remoteAddr, incoming } =
    (env ?? {}) as ClientAddress;
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

/** The fields of a response that an intermediary forwards: without those of the connection. */
function forwarded({ status, fields }: DecodedHead): readonly Field[] {
  const connection = fields.filter(([name]) => name.toLowerCase() === "connection")
    .map(([, value]) => value);
  const dropped = new Set([...HOP_BY_HOP, ...connectionFields(connection.join())]);
  // An HTTP client would wait for the body. A 304 has the length of the response to a plain GET.
  if (status === 101 || isBodyless(status) && status !== 304) dropped.add("content-length");
  return fields.filter(([name]) => !dropped.has(name.toLowerCase()));
}

function errorResponse(status: number): Response {
  return textResponse(status, REASONS[status] ?? "Error");
}
