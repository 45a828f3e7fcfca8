/**
 * The sockets of a server whose events go to one set of handlers, as in
 * `export default { fetch, websocket }`.
 *
 * @see https://bun.com/docs/runtime/http/websockets
 * @module
 */

import { asScgiError } from "../errors.ts";
import { HandledSocket } from "./handled-socket.ts";
import { ServerWebSocket } from "./server-websocket.ts";
import { SocketGroup } from "./socket-group.ts";
import { type Message, readCompress, wrongArgument } from "./socket-message.ts";
import { upgradableOf } from "./upgrade.ts";
import { switchToWebSocket } from "./upgrade-websocket.ts";
import { readTunnelSettings, type WebSocketSettings } from "./websocket-settings.ts";

export interface ServerUpgradeOptions {
  /** The value of `data` of the socket. */
  data?: unknown;
  /** Header fields of the response 101. */
  headers?: Headers | Record<string, string> | [string, string][] | undefined;
}

/** The sockets of one server in this process. */
export class WebSocketServer {
  readonly #group: SocketGroup;
  /** Whether sockets stay open though the server stops. */
  #lasting = false;

  /** @param report Takes the errors of handlers where the settings have no `error`. */
  constructor(settings: WebSocketSettings, report: (error: unknown) => void) {
    this.#group = new SocketGroup(settings, report);
  }

  /** The number of sockets that are open. */
  get pending(): number {
    return this.#group.members.size;
  }

  /** Replaces the handlers, of open sockets as well. */
  reload(settings: WebSocketSettings): void {
    this.#group.settings = settings;
  }

  /**
   * Upgrades a request, and calls `open` before it returns. The result of the request's handler is
   * ignored then.
   *
   * @param remoteAddress The IP address of the client.
   * @returns false where the request is no valid handshake. A wrong version is answered with 426 and a
   * web server that cannot carry a WebSocket with 501, in the place of the handler.
   */
  upgrade(request: Request, options: unknown, remoteAddress: string): boolean {
    const exchange = upgradableOf(request);
    if (exchange === undefined) return false;
    const { data, headers } = readOptions(options);
    const group = this.#group;
    const socket = new HandledSocket(group);
    socket.shown = new ServerWebSocket(socket, data, remoteAddress);
    try {
      switchToWebSocket(
        request,
        socket,
        {
          ...readTunnelSettings(group.settings),
          fields: new Headers(headers),
          lasts: () => this.#lasting,
        },
        (tunnel) => {
          socket.tunnel = tunnel;
          group.members.add(socket);
        },
      );
      return true;
    } catch (error) {
      group.members.delete(socket);
      const refusal = asScgiError(error);
      if (refusal?.code !== "UPGRADE_REFUSED") throw error;
      const version = refusal.status === 426 &&
        request.headers.has("sec-websocket-version") && request.headers.has("upgrade");
      if (version || refusal.status === 501) exchange.refuseUpgrade(refusal);
      return false;
    }
  }

  /**
   * Sends a message to the sockets of this process that subscribe to a topic. With several workers,
   * the sockets of the others are not reached.
   *
   * @param compress Whether to compress it, where that was negotiated. True unless set.
   * @returns the number of its bytes; 0 where no socket has the topic.
   */
  publish(topic: string, message: Message, compress: unknown = true): number {
    return this.#group.publish(topic, message, readCompress("publish", compress));
  }

  /** The number of sockets of this process that subscribe to a topic. */
  subscriberCount(topic: string): number {
    return this.#group.count(topic);
  }

  closeAll(code: number, reason: string): void {
    for (const member of [...this.#group.members]) member.shut(code, reason);
  }

  /** Calls a function that stops the server, at whose stop the sockets stay open. */
  outlast<T>(stop: () => T): T {
    this.#lasting = true;
    try {
      return stop();
    } finally {
      this.#lasting = false;
    }
  }
}

function readOptions(options: unknown): ServerUpgradeOptions {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object") throw wrongArgument("upgrade options must be an object");
  const { headers } = options as ServerUpgradeOptions;
  if (headers !== undefined && headers !== null && typeof headers !== "object") {
    throw wrongArgument("upgrade options.headers must be a Headers or an object");
  }
  return { data: (options as ServerUpgradeOptions).data, headers: headers ?? undefined };
}
