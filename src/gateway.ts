/**
 * A fetch handler that forwards to an SCGI server.
 *
 * @module
 */

import type { Address } from "./address.ts";
import { fetch } from "./client.ts";
import { ScgiError, textResponse } from "./errors.ts";

/** Options of {@linkcode gateway}. */
export interface GatewayOptions {
  /** The SCGI server. */
  to: Address;
}

/** CGI variables of the one who asks, as the handlers of {@linkcode serve} have them. */
export type GatewayEnv = { REMOTE_ADDR?: string; REMOTE_PORT?: string } | undefined;

/** A handler that forwards. */
export type Gateway = (request: Request, env?: GatewayEnv) => Promise<Response>;

/**
 * Makes a fetch handler that forwards every request to an SCGI server, with the address of the
 * one who asks where `env` tells it. What cannot be reached, or does not answer well, is a 502.
 *
 * @example
 * ```ts
 * import { gateway } from "scgi/gateway";
 *
 * export default { fetch: gateway({ to: "127.0.0.1:4000" }) };
 * ```
 */
export function gateway({ to }: GatewayOptions): Gateway {
  return async (request, env) => {
    const variables: Record<string, string> = {};
    if (typeof env?.REMOTE_ADDR === "string") variables.REMOTE_ADDR = env.REMOTE_ADDR;
    if (typeof env?.REMOTE_PORT === "string") variables.REMOTE_PORT = env.REMOTE_PORT;
    try {
      return await fetch(request, { to, env: variables });
    } catch (error) {
      if (!(error instanceof ScgiError) || request.signal.aborted) throw error;
      return textResponse(502, "Bad Gateway");
    }
  };
}
