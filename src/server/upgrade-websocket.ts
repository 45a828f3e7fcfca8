/**
 * Upgrades a request to a WebSocket.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { acceptKey } from "../websocket/accept.ts";
import { type DeflateOptions, negotiateDeflate } from "../websocket/deflate-negotiation.ts";
import { MAX_PAYLOAD_LENGTH } from "../websocket/endpoint.ts";
import { checkHandshake, type Handshake } from "../websocket/handshake.ts";
import { PING_INTERVAL } from "../websocket/keep-alive.ts";
import { Offer, offerUpgrade, type Upgradable, upgradableOf, upgradeRefused } from "./upgrade.ts";
import { makeWebSocket, type WebSocketParts } from "./web-socket.ts";
import {
  type WebSocketListener,
  WebSocketTunnel,
  type WebSocketTunnelOptions,
} from "./websocket-tunnel.ts";

/** Options of {@linkcode upgradeWebSocket}. */
export interface UpgradeWebSocketOptions {
  /** The subprotocol. It is chosen where the client offers it, and none where not. */
  protocol?: string | undefined;
  /**
   * Time in seconds after which a client that sends nothing, no pong either, is taken for gone: its
   * socket is closed with 1001. A silent client is sent a ping after half of it. 0 sends no pings and
   * waits for ever; the web server closes a silent connection by itself. 50 unless set.
   */
  idleTimeout?: number | undefined;
  /** The longest message that is received, in bytes; over it the close code is 1009. 16 MiB unless set. */
  maxPayloadLength?: number | undefined;
  /** Whether messages are compressed where the client offers it, and how. `false` unless set. */
  perMessageDeflate?: boolean | DeflateOptions | undefined;
}

/** A WebSocket, and the Response that opens it. */
export interface WebSocketUpgrade {
  /**
   * The socket. It opens when the response has been sent; if the handler returns another, an `error`
   * and a `close` event follow, as they do where the client leaves without a close frame (code 1006).
   * Its `binaryType` is `"arraybuffer"`.
   */
  socket: WebSocket;
  /** The response of status 101, which the handler has to return. */
  response: Response;
}

/** A handshake that was accepted, and its connection: the parts of a WebSocket. */
interface AcceptedHandshake {
  readonly exchange: Upgradable;
  readonly handshake: Handshake;
  /** The options of the tunnel, which refer to nothing of the request. */
  readonly tunnel: WebSocketTunnelOptions;
  /** The value of `Sec-WebSocket-Extensions` in the response; empty without extensions. */
  readonly extensions: string;
}

/**
 * Upgrades a request to a WebSocket, as `Deno.upgradeWebSocket` does.
 *
 * nginx passes WebSockets on as it is, lighttpd from 1.4.74 on with `"upgrade" => "enable"`; Apache
 * and Cherokee cannot do it over SCGI.
 *
 * @param request The very Request that the handler was given, and no clone of it.
 * @throws {ScgiError} `UPGRADE_REFUSED` where the request is no valid handshake (status 400, 405 or 426),
 * or its web server makes no upgrade (501). A handler that lets it pass has answered with that
 * status and the message. `OPTION_INVALID` for a wrong option.
 *
 * @example
 * ```ts
 * import { serve } from "scgi";
 * import { upgradeWebSocket } from "scgi/websocket";
 *
 * serve((request) => {
 *   if (!request.headers.has("upgrade")) return new Response("A page\n");
 *   const { socket, response } = upgradeWebSocket(request);
 *   socket.addEventListener("message", ({ data }) => socket.send(data));
 *   return response;
 * }, { port: 4000 });
 * ```
 */
export function upgradeWebSocket(
  request: Request,
  options: UpgradeWebSocketOptions = {},
): WebSocketUpgrade {
  return upgradeStandard(request, options, { withRequest: true });
}

/**
 * The same, where the events differ.
 *
 * @param events How the `close` event tells an end without the client's close frame; and whether
 * `onError` is given the Request with what listeners throw: an open socket keeps it then.
 * @throws as {@linkcode upgradeWebSocket}.
 */
export function upgradeStandard(
  request: Request,
  options: UpgradeWebSocketOptions,
  { unclean, withRequest }: { unclean?: WebSocketParts["unclean"]; withRequest: boolean },
): WebSocketUpgrade {
  const accepted = acceptHandshake(request, options);
  const { exchange, handshake, extensions } = accepted;
  const { protocol = "" } = options;
  const chosen = handshake.protocols.includes(protocol) ? protocol : "";
  const [socket, tunnel] = makeWebSocket({
    url: request.url,
    protocol: chosen,
    extensions,
    ...(unclean === undefined ? {} : { unclean }),
    report: exchange.reporter(withRequest),
  }, accepted.tunnel);
  return { socket, response: offerWebSocket(accepted, tunnel, chosen) };
}

/** The fields that {@linkcode switchToWebSocket} sends, and the settings of its socket. */
export interface SwitchOptions extends UpgradeWebSocketOptions {
  /** Header fields of the response; a `Sec-WebSocket-Protocol` chooses the subprotocol. */
  readonly fields: Headers;
  /** Time of silence after which a ping is sent, in milliseconds. */
  readonly pingInterval: number;
  /** Whether the socket stays open though the server stops. */
  lasts(): boolean;
}

/**
 * Upgrades a request to a WebSocket at once: the response has been sent when this function returns,
 * and that of the handler is ignored. Without a subprotocol in `fields` it is the first one offered.
 *
 * @param connect Is given the tunnel before it opens.
 * @throws as {@linkcode upgradeWebSocket}.
 */
export function switchToWebSocket(
  request: Request,
  listener: WebSocketListener,
  options: SwitchOptions,
  connect: (tunnel: WebSocketTunnel) => void,
): void {
  const accepted = acceptHandshake(request, options);
  const { exchange, handshake } = accepted;
  const fields = [...options.fields].filter(([name]) => !OWN_FIELDS.has(name));
  const chosen = options.fields.get("sec-websocket-protocol") ?? handshake.protocols[0] ?? "";
  const tunnel = new WebSocketTunnel(listener, {
    ...accepted.tunnel,
    pingInterval: options.pingInterval,
    lasts: options.lasts,
  });
  offerWebSocket(accepted, tunnel, chosen, fields);
  connect(tunnel);
  exchange.switch();
}

/** Fields of the response that belong to the handshake. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "sec-websocket-protocol",
]);

function acceptHandshake(request: Request, options: UpgradeWebSocketOptions): AcceptedHandshake {
  const { maxPayloadLength = MAX_PAYLOAD_LENGTH, perMessageDeflate = false } = options;
  const idleTimeout = 1000 * (options.idleTimeout ?? 2 * PING_INTERVAL / 1000);
  check("idleTimeout", idleTimeout >= 0 && idleTimeout < Infinity, options.idleTimeout);
  check(
    "maxPayloadLength",
    Number.isSafeInteger(maxPayloadLength) && maxPayloadLength >= 0,
    maxPayloadLength,
  );
  const exchange = upgradableOf(request);
  if (exchange === undefined) throw notUpgradable(request);
  const checked = checkHandshake(exchange.sent, exchange.contentLength, exchange.carried);
  if (!checked.ok) throw upgradeRefused(checked.status, checked.message, checked.fields);
  const wanted = perMessageDeflate === true ? {} : perMessageDeflate;
  const deflate = wanted === false ? undefined : negotiateDeflate(checked.extensions, wanted);
  return {
    exchange,
    handshake: checked,
    extensions: deflate?.field ?? "",
    tunnel: { deflate: deflate?.parameters, maxPayloadLength, idleTimeout, clock: exchange.clock },
  };
}

function offerWebSocket(
  { exchange, handshake, extensions }: AcceptedHandshake,
  tunnel: WebSocketTunnel,
  protocol: string,
  more: readonly [string, string][] = [],
): Response {
  const fields: [string, string][] = [...more];
  if (protocol !== "") fields.push(["sec-websocket-protocol", protocol]);
  if (extensions !== "") fields.push(["sec-websocket-extensions", extensions]);
  const mark = ["sec-websocket-accept", acceptKey(handshake.key)] as const;
  const upgrade = { name: "websocket", protocol: tunnel };
  return offerUpgrade(exchange, new Offer(upgrade, fields, mark));
}

/** A request that no server of this package gave, or that asks for no upgrade. */
function notUpgradable(request: Request): ScgiError {
  if (!/\bwebsocket\b/i.test(request.headers.get("upgrade") ?? "")) {
    return upgradeRefused(
      426,
      "This address speaks WebSocket, for which the request does not ask",
      { Upgrade: "websocket" },
    );
  }
  return new ScgiError(
    "UPGRADE_REFUSED",
    "upgradeWebSocket() was not given the Request of the handler. Give it that very Request, not a " +
      "clone() or a new Request(request), and serve the app with serve(), scgi serve or scgi run",
    { status: 500 },
  );
}

function check(name: string, right: boolean, value: unknown): void {
  if (right) return;
  throw new ScgiError(
    "OPTION_INVALID",
    `${name} must be a number from 0 on, and is ${quoted(value)}`,
  );
}
