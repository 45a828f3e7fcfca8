/**
 * A `Bun.serve` whose servers serve over SCGI.
 *
 * @see https://bun.com/docs/runtime/http/server
 * @module
 */

import process from "node:process";
import { formatAddress } from "../address.ts";
import { type ClientAddress, readClientAddress } from "../cgi/client-address.ts";
import { Context } from "../server/context.ts";
import type { HandlerContext } from "../server/handler.ts";
import { complain } from "../report/diagnostics.ts";
import { printError } from "../report/reporter.ts";
import type { BunServe } from "../runtime/types.ts";
import type { ScriptAddress, ScriptAddresses } from "./addresses.ts";
import { BunContent } from "./bun-content.ts";
import { type BunRoute, CONTENT, readRoutes, type Target } from "./bun-routes.ts";
import { reportIgnored } from "./ignored-options.ts";
import { plainClone, RequestCookies, toRouteRequest } from "./route-request.ts";
import type { Routes } from "./routes.ts";

type MaybePromise<T> = T | Promise<T>;

/** A handler of Bun: the one of a route, or `fetch`. */
export type BunHandler = (request: Request, server: BunServer) => MaybePromise<Response>;

/** The options of `Bun.serve` that have an effect over SCGI. */
export interface BunServeOptions {
  fetch?: BunHandler | undefined;
  routes?: Record<string, BunRoute<BunHandler>> | undefined;
  error?:
    | ((this: BunServer, error: unknown) => MaybePromise<Response | undefined | void>)
    | undefined;
  maxRequestBodySize?: number | undefined;
  development?: unknown;
  id?: string | null | undefined;
  /** The handler of a server of `node:http`, which calls `Bun.serve` itself. */
  onNodeHTTPRequest?: unknown;
}

const IGNORED = ["tls", "idleTimeout", "http2", "http3"];
/** Bun's default of `maxRequestBodySize`, in bytes. */
const MAX_BODY_BYTES = 134_217_728;

/**
 * Makes the replacement of `Bun.serve`.
 *
 * @param addresses The addresses of its servers.
 * @param native The runtime's `Bun.serve`, for routes without a handler and for `node:http`.
 * @param limited Whether the command line has a limit for request bodies.
 */
export function bunServe(
  addresses: ScriptAddresses,
  native: BunServe,
  limited: boolean,
): (options: BunServeOptions) => BunServer | ReturnType<BunServe> {
  return (options) =>
    typeof options.onNodeHTTPRequest === "function"
      ? native(options)
      : new BunServer(options, addresses, native, limited);
}

/** A server of the replaced `Bun.serve`, with the members of Bun's own `Server`. */
export class BunServer {
  /** The number of requests whose response is not complete. */
  pendingRequests = 0;
  readonly pendingWebSockets = 0;
  readonly id: string;
  /** Has no effect over SCGI. */
  readonly development: boolean;
  /** The scheme of `url`. */
  readonly protocol = "http";

  readonly #address: ScriptAddress;
  readonly #native: BunServe;
  readonly #maxBody: number;
  readonly #envs: WeakMap<Request, Record<string, unknown>> = new WeakMap();
  readonly #settled = (): void => void this.pendingRequests--;
  #options: BunServeOptions;
  #routes: Routes<Target<BunHandler>> | undefined;
  #content: BunContent | undefined;
  #upgradeReported = false;

  /** Starts a server at the next address. */
  constructor(
    options: BunServeOptions,
    addresses: ScriptAddresses,
    native: BunServe,
    limited: boolean,
  ) {
    this.id = options.id ?? "";
    this.development = Boolean(options.development ?? process.env.NODE_ENV !== "production");
    this.#native = native;
    this.#maxBody = limited ? Infinity : options.maxRequestBodySize ?? MAX_BODY_BYTES;
    this.#options = options;
    this.#load(options);
    reportIgnored("Bun.serve", options, IGNORED);
    this.#address = addresses.assign({
      fetch: (request, env, ctx) => this.#serve(request, env, ctx),
      onError: (error) => this.#fail(error),
    });
  }

  /** Undefined on a Unix socket. */
  get port(): number | undefined {
    const { addr } = this.#address.server;
    return addr?.transport === "tcp" ? addr.port : undefined;
  }

  /** Undefined on a Unix socket. */
  get hostname(): string | undefined {
    const { addr } = this.#address.server;
    return addr?.transport === "tcp" ? addr.hostname : undefined;
  }

  /** The address in Bun's form. The server there speaks SCGI, not HTTP. */
  get url(): URL {
    const { addr } = this.#address.server;
    if (addr?.transport === "unix") return new URL(`unix://${addr.path}`);
    const { hostname = "localhost", port = 0 } = this;
    const everywhere = hostname === "0.0.0.0" || hostname === "::";
    const authority = formatAddress({ hostname: everywhere ? "localhost" : hostname, port });
    return new URL(`http://${authority}/`);
  }

  /** Stops the server; with `true`, without waiting for open requests. */
  async stop(closeActiveConnections = false): Promise<void> {
    await this.#address.server.shutdown(closeActiveConnections ? { timeout: 0 } : {});
    this.#content?.stop();
  }

  [Symbol.dispose](): void {
    void this.stop(true);
  }

  /** Always 0: over SCGI no connection is idle. */
  closeIdleConnections(): number {
    return 0;
  }

  /** Replaces the handlers. */
  reload(options: BunServeOptions): this {
    this.#options = { ...this.#options, ...options };
    this.#load(options);
    return this;
  }

  /** Calls the `fetch` handler with a clone of the request, without a connection. */
  fetch(input: Request | string | URL): MaybePromise<Response> {
    if (!(input instanceof Request)) return this.#fallback(new Request(new URL(input, this.url)));
    return this.#fallback(input.bodyUsed ? input : plainClone(input));
  }

  /** The client address; null if the request is not from this server. */
  requestIP(request: Request): ClientAddress | null {
    return readClientAddress(this.#envs.get(request) ?? {});
  }

  /** Has no effect: idle connections are not closed. */
  timeout(_request: Request, _seconds: number): void {}

  ref(): void {
    this.#address.server.ref();
  }

  unref(): void {
    this.#address.server.unref();
  }

  /** Always false: SCGI cannot carry a WebSocket. */
  upgrade(request: Request): false {
    if (!this.#upgradeReported && /^websocket$/i.test(request.headers.get("upgrade") ?? "")) {
      this.#upgradeReported = true;
      const { pathname } = new URL(request.url);
      complain(
        `a client requested a WebSocket at ${pathname}, which SCGI cannot carry. ` +
          "Configure the web server to pass such requests to an HTTP server",
      );
    }
    return false;
  }

  /** Always 0: SCGI carries no WebSockets. */
  publish(_topic: string, _data: unknown): number {
    return 0;
  }

  /** Always 0: SCGI carries no WebSockets. */
  subscriberCount(_topic: string): number {
    return 0;
  }

  #load({ fetch, routes }: BunServeOptions): void {
    if (typeof fetch !== "function" && routes === undefined) {
      throw new TypeError("Bun.serve() needs either a routes object or a fetch handler");
    }
    if (routes === undefined) return;
    this.#content?.stop();
    const { table, content } = readRoutes(routes);
    this.#routes = table;
    this.#content = content === undefined ? undefined : new BunContent(content, this.#native);
  }

  #serve(
    request: Request,
    env: Record<string, unknown>,
    ctx: HandlerContext,
  ): MaybePromise<Response> {
    this.#envs.set(request, env);
    this.pendingRequests++;
    ctx.completed.then(this.#settled, this.#settled);
    if (Number(request.headers.get("content-length")) > this.#maxBody) {
      return new Response(null, { status: 413 });
    }
    if (this.#routes === undefined) return this.#fallback(request);
    const path = pathOf(request.url);
    if (this.#content?.mayBeBundled(path) !== true) return this.#route(request, path, ctx);
    return this.#content.fetch(request).then((response) =>
      response ?? this.#route(request, path, ctx)
    );
  }

  #route(request: Request, path: string, ctx: HandlerContext): MaybePromise<Response> {
    const routes = this.#routes!;
    const { target = false, params } = routes.match(request.method, path) ?? {};
    if (target === false) return this.#fallback(request);
    if (target === CONTENT) {
      return this.#content!.fetch(request).then((response) => response ?? this.#fallback(request));
    }
    const cookies = new RequestCookies(request);
    Context.addCookies(ctx, cookies.changes);
    const result = target(toRouteRequest(request, params!, cookies.read), this);
    // Microtasks of the handler may set cookies as well.
    return cookies.used && !(result instanceof Promise) ? afterMicrotasks(result) : result;
  }

  #fallback(request: Request): MaybePromise<Response> {
    const { fetch } = this.#options;
    return fetch === undefined
      ? new Response(null, { status: 404 })
      : fetch.call(this, request, this);
  }

  async #fail(error: unknown): Promise<Response | undefined> {
    const response = await this.#options.error?.call(this, error);
    return response ?? printError(error);
  }
}

/** Waits until no microtask is left: `nextTick` in a microtask comes after all microtasks. */
function afterMicrotasks(response: Response): Promise<Response> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve, response)));
}

/** The path of a URL, in its percent-encoded form. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("?", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}
