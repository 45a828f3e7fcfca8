/**
 * A server of the `Bun.serve` that serves over SCGI, with the members of Bun's own `Server`.
 *
 * @see https://bun.com/docs/runtime/http/server
 * @module
 */

import { formatAddress, type ListenAddress } from "../address.ts";
import { type ClientAddress, readClientAddress } from "../cgi/client-address.ts";
import { missingArguments, readMessage, wrongArgument } from "../server/socket-message.ts";
import { WebSocketServer } from "../server/websocket-server.ts";
import { printError } from "../report/reporter.ts";
import type { BunServe } from "../runtime/types.ts";
import type { ScriptAddresses, ScriptServer } from "./addresses.ts";
import { BunApp } from "./bun-app.ts";
import { type BunServeOptions, readDevelopment, readMaxBody, readOptions } from "./bun-options.ts";
import { orNothing, orWelcome } from "./bun-results.ts";
import { Received } from "./received.ts";

/** The parts of the command that a server of Bun depends on. */
export interface BunServerSetting {
  readonly addresses: ScriptAddresses;
  /** The runtime's `Bun.serve`. */
  readonly native: BunServe;
  /** Whether the command line has a limit for request bodies. */
  readonly limited: boolean;
  /** Called when the server stops. */
  onStop(server: BunServer): void;
}

/** A server of the replaced `Bun.serve`. */
export class BunServer {
  readonly #id: string;
  readonly #development: boolean;
  readonly #setting: BunServerSetting;
  readonly #app: BunApp;
  readonly #server: ScriptServer;
  readonly #anyPort: boolean;
  #sockets: WebSocketServer | undefined;

  /** Starts a server at the next address. */
  constructor(id: string, options: BunServeOptions, setting: BunServerSetting) {
    this.#id = id;
    this.#development = readDevelopment(options);
    this.#setting = setting;
    this.#anyPort = Number(options.port ?? NaN) === 0;
    const app = this.#app = new BunApp(this, {
      native: setting.native,
      ending: this.#development ? orWelcome : orNothing,
      maxBody: setting.limited ? Infinity : readMaxBody(options),
    });
    this.#load(options);
    try {
      this.#server = setting.addresses.assign({
        fetch: (request, env, ctx) => app.serve(request, env, ctx),
        onError: (error) => app.fail(error),
      });
    } catch (error) {
      app.stop();
      throw error;
    }
  }

  /** The address in the form of `server.address()` of `node:net`: the path of a Unix socket. */
  get address(): { address: string; family: string; port: number } | string | null {
    const { addr } = this.#server;
    if (addr?.transport === "unix") return addr.path;
    if (addr?.transport !== "tcp") return null;
    const { hostname, port } = addr;
    return { address: hostname, family: hostname.includes(":") ? "IPv6" : "IPv4", port };
  }

  /** Always 0: over SCGI no connection is idle. */
  closeIdleConnections(): number {
    return 0;
  }

  /** Whether a result that is no Response is answered with a text, the only effect over SCGI. */
  get development(): boolean {
    return this.#development;
  }

  /** Calls the `fetch` handler with a clone of the request, without a connection. */
  fetch(input: Request | string, ...[init]: [RequestInit?]): Promise<Response> {
    return this.#app.call(input, init);
  }

  /** Undefined on a Unix socket. */
  get hostname(): string | undefined {
    return tcp(this.#server.addr)?.hostname;
  }

  get id(): string {
    return this.#id;
  }

  /** The number of requests whose response is not complete. */
  get pendingRequests(): number {
    return this.#app.pending;
  }

  /** The number of open WebSockets. */
  get pendingWebSockets(): number {
    return this.#sockets?.pending ?? 0;
  }

  /** Undefined on a Unix socket; 0 once a server has stopped that was given any free port. */
  get port(): number | undefined {
    const port = tcp(this.#server.addr)?.port;
    return port !== undefined && this.#anyPort && this.#server.stopped ? 0 : port;
  }

  /** The scheme of `url`. */
  get protocol(): "http" {
    return "http";
  }

  /**
   * Sends a message to the sockets of this process that subscribe to a topic. Returns the number of its
   * bytes; 0 where no socket has the topic.
   */
  publish(...args: [topic?: string, data?: unknown, compress?: boolean]): number {
    if (args.length < 2) throw wrongArgument("Missing argument");
    const [topic, data, compress] = args;
    if (topic === "") throw new Error("publish requires a topic string");
    const sockets = this.#sockets;
    // Without a subscriber Bun looks at no message.
    if (sockets === undefined || sockets.subscriberCount(String(topic)) === 0) return 0;
    return sockets.publish(String(topic), readMessage("publish", data), compress);
  }

  ref(): this {
    this.#server.ref();
    return this;
  }

  /** Replaces the handlers that the options have; where Bun refuses them, none. */
  reload(...args: [options?: unknown]): this {
    const [options] = args;
    if (args.length === 0) throw missingArguments("reload", 1, 0);
    return BunServer.reload(this, readOptions(options, this.#setting.native, "reload"));
  }

  /** Replaces the handlers of a server by those of options that were read. */
  static reload<Self extends BunServer>(this: void, server: Self, options: BunServeOptions): Self {
    server.#load(options);
    return server;
  }

  /** The client address; null if the request is not from this server. */
  requestIP(request: Request): ClientAddress | null {
    if (request === undefined) throw wrongArgument("Missing Request object");
    if (!(request instanceof Request)) throw wrongArgument("Expected Request object");
    return readClientAddress(Received.envOf(request, this));
  }

  /** Stops the server; with `true`, without waiting for open requests. */
  stop(closeActiveConnections?: boolean): Promise<void> {
    if (closeActiveConnections) this.#sockets?.closeAll(1001, "Server closed");
    const shutdown = () => this.#server.shutdown(closeActiveConnections ? { timeout: 0 } : {});
    const stopped = this.#sockets === undefined ? shutdown() : this.#sockets.outlast(shutdown);
    this.#setting.onStop(this);
    return stopped.then(() => this.#app.stop());
  }

  /** The number of sockets of this process that subscribe to a topic. */
  subscriberCount(...args: [topic?: string]): number {
    if (args.length === 0) throw missingArguments("subscriberCount", 1, 0);
    if (args[0] === undefined || args[0] === null) throw wrongArgument("Expected a topic");
    return this.#sockets?.subscriberCount(String(args[0])) ?? 0;
  }

  /** Has no effect: idle connections are not closed. */
  timeout(...args: [request?: Request, seconds?: number]): void {
    const [request, seconds] = args;
    if (args.length < 2) throw missingArguments("timeout", 2, args.length);
    if (typeof seconds !== "number") throw new Error("timeout() requires a number");
    if (!(request instanceof Request)) throw wrongArgument("timeout() requires a Request object");
  }

  unref(): this {
    this.#server.unref();
    return this;
  }

  /**
   * Upgrades a request to a WebSocket, and calls `open`. Returns false where the request is no valid
   * handshake.
   */
  upgrade(request: Request, ...[options]: unknown[]): boolean {
    if (request === undefined) throw wrongArgument("Missing argument");
    const sockets = this.#sockets;
    if (sockets === undefined) {
      throw wrongArgument(
        "To enable websocket support, set the websocket object in Bun.serve({})",
      );
    }
    if (!(request instanceof Request)) throw wrongArgument("upgrade requires a Request object");
    const { address = "" } = readClientAddress(Received.envOf(request, this)) ?? {};
    return sockets.upgrade(request, options, address);
  }

  /** The address in Bun's form. The server there speaks SCGI, not HTTP. */
  get url(): URL {
    const { addr } = this.#server;
    if (addr?.transport === "unix") return new URL(`unix://${addr.path}`);
    const { hostname, port } = tcp(addr) ?? { hostname: "localhost", port: 0 };
    return new URL(`http://${formatAddress({ hostname, port })}/`);
  }

  [Symbol.dispose](): void {
    void this.stop(true);
  }

  get [Symbol.toStringTag](): string {
    return this.#development ? "DebugHTTPServer" : "HTTPServer";
  }

  /** Takes options over, all of them or none. */
  #load(options: BunServeOptions): void {
    this.#app.load(options);
    const { websocket } = options;
    if (!websocket) return;
    if (this.#sockets === undefined) this.#sockets = new WebSocketServer(websocket, printError);
    else this.#sockets.reload(websocket);
  }
}

// The members are those of an object that Bun makes: enumerable, and of no class that has a name.
Reflect.deleteProperty(BunServer.prototype, "constructor");
for (const key of Object.getOwnPropertyNames(BunServer.prototype)) {
  Object.defineProperty(BunServer.prototype, key, { enumerable: true, configurable: false });
}
// Bun shows the values of the members, and not the object that has them.
Object.defineProperty(BunServer.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: BunServer): object {
    const keys = [...Object.keys(BunServer.prototype), Symbol.dispose] as (keyof BunServer)[];
    return Object.fromEntries(keys.map((key) => [key, this[key]]));
  },
});

function tcp(address: ListenAddress | null): { hostname: string; port: number } | undefined {
  return address?.transport === "tcp" ? address : undefined;
}
