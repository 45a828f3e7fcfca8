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
import { decodePath, toVariables } from "../cgi/to-variables.ts";
import { isHost } from "../cgi/url.ts";
import { type ClientLimits, send, toDestination } from "./send.ts";
import { asScgiError, textResponse } from "../errors.ts";
import { printError, reporter } from "../report/reporter.ts";

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

/** The schemes of requests; Deno.serve has the last on a Unix socket. */
const SCHEME = /^(?:https?|http\+unix):$/;

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
 * (`connectTimeout`, `replyTimeout`), an upload without a length over `maxBufferedBytes` a 413. A
 * control character other than TAB in the head of a reply is a 502 as well.
 *
 * A `Host` that is no `host[:port]`, a control character in a field, and a password in the URL are a
 * 400; `CONNECT`, `TRACE` and `TRACK` a 501; a path whose dots, once decoded, lead above `basePath`
 * a 404. Where the URL and `Host` name different authorities, that of the URL counts.
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
  const destination = { ...toDestination(to, limits), strict: true };
  const report = reporter((error, request) => onError(error, request!), printError);
  const scriptName = basePath === undefined ? "" : normalizePrefix(basePath, "basePath");
  return async (request, env) => {
    const url = urlOf(request);
    if (url === undefined) return page(400);
    if (FORBIDDEN.test(request.method)) return page(501);
    if (!isUnder(url.pathname, scriptName)) return page(404);
    if (leadsOut(url.pathname.slice(scriptName.length))) return page(404);
    try {
      const own = { ...hostOf(request, url), ...askedBy(request, env) };
      const variables = toVariables(request, { url, scriptName, env: own });
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

/** The URL of a request; undefined where that or a field of it is nothing that a client may send. */
function urlOf({ url: text, headers }: Request): URL | undefined {
  const host = headers.get("host");
  if (host !== null && !isHost(host)) return undefined;
  for (const [, value] of headers) if (CONTROL.test(value)) return undefined;
  // Bun.serve gives the target alone where there is no Host to make a URL with.
  const href = text.startsWith("/") ? `http://${host ?? "localhost"}${text}` : text;
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return SCHEME.test(url.protocol) && url.username + url.password === "" ? url : undefined;
}

/** The authority of a target in absolute form, which counts in place of the Host field. */
function hostOf({ headers }: Request, url: URL): { HTTP_HOST?: string } {
  const host = headers.get("host");
  const differs = host !== null && new URL(`${url.protocol}//${host}`).host !== url.host;
  return differs ? { HTTP_HOST: url.host } : {};
}

/** Whether the dots of a path lead above its root, once its escapes are decoded. */
function leadsOut(path: string): boolean {
  let depth = 0;
  return decodePath(path).split(/[/\\]/).some((segment) => {
    if (segment === "..") depth--;
    else if (segment !== "" && segment !== ".") depth++;
    return depth < 0;
  });
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
  const { status, headers } = response;
  for (const name of connectionFields(headers) ?? []) {
    // What is no name of a field cannot be asked for.
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) headers.delete(name);
  }
  for (const name of HOP_BY_HOP) headers.delete(name);
  // Of a reply without a body it would make the HTTP client wait for one; that of 304 is another's.
  if (isBodyless(status) && status !== 304) headers.delete("content-length");
  return response;
}

function page(status: number): Response {
  return textResponse(status, REASONS[status] ?? "Error");
}
