/**
 * A `Deno.upgradeWebSocket` for requests that come over SCGI.
 *
 * @see https://docs.deno.com/api/deno/~/Deno.upgradeWebSocket
 * @module
 */

import { asScgiError } from "../errors.ts";
import type { DenoUpgradeWebSocket } from "../runtime/types.ts";
import { upgradableOf } from "../server/upgrade.ts";
import { upgradeStandard } from "../server/upgrade-websocket.ts";
import type { Closing, UncleanEnd } from "../server/web-socket.ts";

/** Deno's time until a silent client is given up, in seconds. */
const IDLE_TIMEOUT = 30;
/** Deno's limit for a message, in bytes: 64 MiB. */
const MAX_PAYLOAD_LENGTH = 67_108_864;

/**
 * Makes the replacement of `Deno.upgradeWebSocket`. A request that did not come over SCGI is left to
 * the runtime's own function, and so is the refusal of a handshake that Deno refuses.
 */
export function denoUpgradeWebSocket(native: DenoUpgradeWebSocket): DenoUpgradeWebSocket {
  return (request, options = {}) => {
    if (upgradableOf(request) === undefined) return native(request, options);
    const { protocol = "", idleTimeout = IDLE_TIMEOUT } = options;
    const offered = request.headers.get("sec-websocket-protocol") ?? "";
    if (protocol !== "" && !offered.split(",").some((name) => name.trim() === protocol)) {
      throw new TypeError(
        `Protocol '${protocol}' not in the request's protocol list (non negotiable)`,
      );
    }
    try {
      const settings = { protocol, idleTimeout, maxPayloadLength: MAX_PAYLOAD_LENGTH };
      // The `onError` of Deno.serve is given no request.
      return upgradeStandard(request, settings, { unclean: uncleanClose, withRequest: false });
    } catch (error) {
      // The web server cannot carry it, or the request was upgraded before.
      const status = asScgiError(error)?.status;
      if (status === 400 || status === 405 || status === 426) throw refusalOf(request, error);
      throw error;
    }
  };
}

/** Gives Deno's `close` event of an end without the client's close frame. */
function uncleanClose({ shutting, failure }: UncleanEnd): Closing {
  if (shutting) return { code: 1005, reason: "", clean: true };
  const silent = failure?.closeCode === 1001;
  return { code: silent ? 1001 : 0, reason: silent ? failure.reason : "", clean: false };
}

/** The error that Deno throws for the fields of a handshake; else the failure as it is. */
function refusalOf({ headers }: Request, error: unknown): unknown {
  for (const [name, token] of [["upgrade", "websocket"], ["connection", "Upgrade"]] as const) {
    const tokens = (headers.get(name) ?? "").split(",").map((one) => one.trim().toLowerCase());
    if (tokens.includes(token.toLowerCase())) continue;
    return new TypeError(`Invalid Header: '${name}' header must contain '${token}'`);
  }
  if (headers.has("sec-websocket-key")) return error;
  return new TypeError("Invalid Header: 'sec-websocket-key' header must be set");
}
