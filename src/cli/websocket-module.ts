/**
 * An app with a `websocket` object beside its `fetch`: `env.server` upgrades its requests, on every
 * runtime, as the server does that Bun gives such a module.
 *
 * @see https://bun.com/docs/runtime/http/websockets
 * @module
 */

import { type ClientAddress, readClientAddress } from "../cgi/client-address.ts";
import { printError } from "../report/reporter.ts";
import { type App, type FetchHandler, toHandler } from "../server/handler.ts";
import { readMessage } from "../server/socket-message.ts";
import { WebSocketServer } from "../server/websocket-server.ts";
import type { WebSocketSettings } from "../server/websocket-settings.ts";

/** `env.server` of such an app. */
export class ModuleServer {
  readonly #sockets: WebSocketServer;
  readonly #addresses: WeakMap<Request, ClientAddress> = new WeakMap();

  constructor(settings: WebSocketSettings) {
    this.#sockets = new WebSocketServer(settings, printError);
  }

  /** The number of sockets of this process that are open. */
  get pendingWebSockets(): number {
    return this.#sockets.pending;
  }

  /**
   * Upgrades the request of a handler, with `data` for its socket and `headers` for its response, and
   * calls `open`. Returns false where the request is no valid handshake; the handler then answers it.
   */
  upgrade(request: Request, options?: unknown): boolean {
    const { address = "" } = this.requestIP(request) ?? {};
    return this.#sockets.upgrade(request, options, address);
  }

  /**
   * Sends a message to the sockets that subscribe to a topic, in this process: with `--workers` the
   * sockets of the other workers are not reached.
   *
   * @returns the number of its bytes; 0 where no socket has the topic.
   */
  publish(topic: string, data: unknown, compress?: boolean): number {
    return this.#sockets.publish(topic, readMessage("publish", data), compress);
  }

  /** The number of sockets of this process that subscribe to a topic. */
  subscriberCount(topic: string): number {
    return this.#sockets.subscriberCount(topic);
  }

  /** The client address; null where it is unknown. */
  requestIP(request: Request): ClientAddress | null {
    return this.#addresses.get(request) ?? null;
  }

  /** The handler of an app whose requests a server upgrades. */
  static handlerFor(this: void, server: ModuleServer, app: App): FetchHandler {
    const handler = toHandler(app);
    return (request, env, ctx) => {
      const address = readClientAddress(env);
      if (address !== null) server.#addresses.set(request, address);
      // A binding of this name is the user's own.
      if (!("server" in env)) env.server = server;
      return handler(request, env, ctx);
    };
  }
}

/** An app with `env.server`, whose sockets have these handlers and options. */
export function withWebSockets(app: App, settings: WebSocketSettings): App {
  return ModuleServer.handlerFor(new ModuleServer(settings), app);
}
