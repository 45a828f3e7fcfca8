/**
 * A stand-in for `Bun.serve`, whose servers serve over SCGI.
 *
 * @see https://bun.com/docs/runtime/http/server
 * @module
 */

import process from "node:process";
import { formatAddress } from "../address.ts";
import { type ClientAddress, readClientAddress } from "../cgi/client-address.ts";
import { Context } from "../server/context.ts";
import type { HandlerContext } from "../server/handler.ts";
import { printError } from "../report/reporter.ts";
import { BunContent, type ContentRoute, type NativeServe } from "./bun-content.ts";
import { notice, noticeUseless } from "./notice.ts";
import type { Place, Places } from "./addresses.ts";
import { plainClone, RouteRequest } from "./route-request.ts";
import { Routes } from "./routes.ts";

type MaybePromise<T> = T | Promise<T>;

/** A handler of Bun's; of a route or of all that has none. */
export type BunHandler = (request: Request, server: BunServer) => MaybePromise<Response>;

/** What a path may have in `routes`. */
export type BunRoute = BunHandler | ContentRoute | false | Record<string, BunHandler | Response>;

/** The options of `Bun.serve` that have a meaning here. */
export interface BunServeOptions {
  fetch?: BunHandler | undefined;
  routes?: Record<string, BunRoute> | undefined;
  error?:
    | ((this: BunServer, error: unknown) => MaybePromise<Response | undefined | void>)
    | undefined;
  maxRequestBodySize?: number | undefined;
  development?: unknown;
  id?: string | null | undefined;
}

/** What the web server does, or nobody. */
const USELESS = ["tls", "idleTimeout", "http2", "http3"];
/** The longest body that Bun takes unless told otherwise, in bytes. */
const MAX_BODY_BYTES = 134_217_728;
/** What takes a route that is no function is asked of Bun itself. */
const CONTENT = "content";

type Target = BunHandler | typeof CONTENT | false;

/**
 * Makes the stand-in.
 *
 * @param places Where its servers listen.
 * @param native Bun's own, which serves what needs no handler.
 * @param limited Whether the command line says how long a body may be.
 */
export function bunServe(
  places: Places,
  native: NativeServe,
  limited: boolean,
): (options: BunServeOptions) => BunServer {
  return (options) => new BunServer(options, places, native, limited);
}

/** A server as `Bun.serve` gives one. */
export class BunServer {
  /** How many requests have no whole reply yet. */
  pendingRequests = 0;
  /** There are none over SCGI. */
  readonly pendingWebSockets = 0;
  /** What the script calls it. */
  readonly id: string;
  /** Whether the script is being worked at. It changes nothing here. */
  readonly development: boolean;
  /** The one that its `url` has. */
  readonly protocol = "http";

  readonly #place: Place;
  readonly #native: NativeServe;
  readonly #maxBody: number;
  readonly #envs: WeakMap<Request, Record<string, unknown>> = new WeakMap();
  readonly #settled = (): void => void this.pendingRequests--;
  #options: BunServeOptions;
  #routes: Routes<Target> | undefined;
  #content: BunContent | undefined;
  #asked = false;

  /** Starts a server at the next place. */
  constructor(options: BunServeOptions, places: Places, native: NativeServe, limited: boolean) {
    this.id = options.id ?? "";
    this.development = Boolean(options.development ?? process.env.NODE_ENV !== "production");
    this.#native = native;
    this.#maxBody = limited ? Infinity : options.maxRequestBodySize ?? MAX_BODY_BYTES;
    this.#options = options;
    this.#load(options);
    noticeUseless("Bun.serve", options, USELESS);
    this.#place = places.take({
      fetch: (request, env, ctx) => this.#serve(request, env, ctx),
      onError: (error) => this.#fail(error),
    });
  }

  /** Its port; undefined where it listens on a Unix socket. */
  get port(): number | undefined {
    const { addr } = this.#place.server;
    return addr?.transport === "tcp" ? addr.port : undefined;
  }

  /** Its host; undefined where it listens on a Unix socket. */
  get hostname(): string | undefined {
    const { addr } = this.#place.server;
    return addr?.transport === "tcp" ? addr.hostname : undefined;
  }

  /** Where it listens. What is there speaks SCGI, and not HTTP. */
  get url(): URL {
    const { addr } = this.#place.server;
    if (addr?.transport === "unix") return new URL(`unix://${addr.path}`);
    const { hostname = "localhost", port = 0 } = this;
    const everywhere = hostname === "0.0.0.0" || hostname === "::";
    const authority = formatAddress({ hostname: everywhere ? "localhost" : hostname, port });
    return new URL(`http://${authority}/`);
  }

  /** Stops; with `true`, without waiting for the requests that are under way. */
  async stop(closeActiveConnections = false): Promise<void> {
    await this.#place.server.shutdown(closeActiveConnections ? { timeout: 0 } : {});
    this.#content?.stop();
  }

  /** Stops without waiting. */
  [Symbol.dispose](): void {
    void this.stop(true);
  }

  /** Over SCGI no connection is idle. */
  closeIdleConnections(): number {
    return 0;
  }

  /** Takes other handlers. */
  reload(options: BunServeOptions): this {
    this.#options = { ...this.#options, ...options };
    this.#load(options);
    return this;
  }

  /** Calls the `fetch` handler, with no socket. A Request stays the caller's. */
  fetch(input: Request | string | URL): MaybePromise<Response> {
    if (!(input instanceof Request)) return this.#fallback(new Request(new URL(input, this.url)));
    return this.#fallback(input.bodyUsed ? input : plainClone(input));
  }

  /** The browser's address; null for requests that are not this server's. */
  requestIP(request: Request): ClientAddress | null {
    return readClientAddress(this.#envs.get(request) ?? {});
  }

  /** Quiet connections are not ended, so there is nothing to change. */
  timeout(_request: Request, _seconds: number): void {}

  /** Lets it hold the process. */
  ref(): void {
    this.#place.server.ref();
  }

  /** Lets the process end while it listens. */
  unref(): void {
    this.#place.server.unref();
  }

  /** SCGI carries no upgrade: always false. */
  upgrade(request: Request): false {
    if (!this.#asked && /^websocket$/i.test(request.headers.get("upgrade") ?? "")) {
      this.#asked = true;
      notice(
        `a WebSocket was asked for at ${new URL(request.url).pathname}, which SCGI cannot carry. ` +
          "Let the web server pass such requests to an HTTP server",
      );
    }
    return false;
  }

  /** There are no WebSockets to send to. */
  publish(_topic: string, _data: unknown): number {
    return 0;
  }

  /** There are no WebSockets that listen. */
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
    if (this.#content?.mayHaveMade(path) !== true) return this.#route(request, path, ctx);
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
    const own = new RouteRequest(request, params!);
    Context.addCookies(ctx, own.changes);
    const result = target(own.request, this);
    // Its microtasks may set cookies as well.
    return own.usesCookies && !(result instanceof Promise) ? microtasksAfter(result) : result;
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

/** Which path is whose, and what Bun itself is to serve of it. */
function readRoutes(routes: Record<string, BunRoute>): {
  table: Routes<Target>;
  content: Record<string, ContentRoute> | undefined;
} {
  const table = new Routes<Target>();
  const content: Record<string, ContentRoute> = {};
  for (const [path, route] of Object.entries(routes)) {
    if (!path.startsWith("/")) {
      throw new TypeError(`Invalid route ${JSON.stringify(path)}. Path must start with '/'`);
    }
    if (route === false || typeof route === "function") {
      table.add(path, route as BunHandler | false);
    } else if (!isMethods(route)) {
      table.add(path, CONTENT);
      content[path] = route;
    } else {
      for (const [method, target] of Object.entries(route)) {
        table.add(path, typeof target === "function" ? target : CONTENT, method);
      }
      const rest = Object.entries(route).filter(([, target]) => typeof target !== "function");
      if (rest.length > 0) content[path] = Object.fromEntries(rest) as ContentRoute;
    }
  }
  return { table, content: Object.keys(content).length === 0 ? undefined : content };
}

/** Whether a route has a target for each method; Responses, files and HTML imports have classes. */
function isMethods(route: object): route is Record<string, BunHandler | Response> {
  return Object.getPrototypeOf(route) === Object.prototype && !("dir" in route);
}

/** Waits until no microtask is left: a tick that one of them asks for comes after all of them. */
function microtasksAfter(response: Response): Promise<Response> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve, response)));
}

/** The path of a URL, as it stands there. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("?", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}
