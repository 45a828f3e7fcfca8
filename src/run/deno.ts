/**
 * A stand-in for `Deno.serve`, whose servers serve over SCGI.
 *
 * @see https://docs.deno.com/api/deno/~/Deno.serve
 * @module
 */

import type { ListenAddress } from "../address.ts";
import { readRemoteAddr, type RemoteAddr } from "../cgi/client-address.ts";
import { ScgiError } from "../errors.ts";
import type { HandlerContext } from "../server/handler.ts";
import { printError } from "../report/reporter.ts";
import { noticeUseless } from "./notice.ts";
import type { Place, Places } from "./addresses.ts";

type MaybePromise<T> = T | Promise<T>;

/** A handler of Deno's. */
export type DenoHandler = (request: Request, info: HandlerInfo) => MaybePromise<Response>;

/** The options of `Deno.serve` that have a meaning here. */
export interface DenoServeOptions {
  handler?: DenoHandler | undefined;
  signal?: AbortSignal | undefined;
  onListen?: ((address: ListenAddress) => void) | undefined;
  onError?: ((error: unknown) => MaybePromise<Response>) | undefined;
}

/** What the web server does. */
const USELESS = ["cert", "key"];

/** Makes the stand-in. */
export function denoServe(
  places: Places,
): (...args: (DenoServeOptions | DenoHandler)[]) => DenoServer {
  return (...args) => {
    const options = args.find((arg) => typeof arg === "object") ?? {};
    const handler = args.find((arg) => typeof arg === "function") ?? options.handler;
    if (typeof handler !== "function") {
      throw new TypeError("Cannot serve HTTP requests: a handler must be specified");
    }
    noticeUseless("Deno.serve", options, USELESS);
    return new DenoServer(handler, options, places);
  };
}

/** Stands in for `Deno.upgradeWebSocket`. */
export function upgradeWebSocket(): never {
  throw new ScgiError(
    "UPGRADE_UNSUPPORTED",
    "SCGI cannot carry a WebSocket. Let the web server pass such requests to an HTTP server",
    { status: 501 },
  );
}

/** What a handler is told beside the request. */
export class HandlerInfo {
  readonly #env: Record<string, unknown>;
  readonly #ctx: HandlerContext;

  /** Makes it of what SCGI tells. */
  constructor(env: Record<string, unknown>, ctx: HandlerContext) {
    this.#env = env;
    this.#ctx = ctx;
  }

  /** The browser's address. */
  get remoteAddr(): RemoteAddr {
    return readRemoteAddr(this.#env);
  }

  /** Resolves when the reply was delivered, and rejects when not. */
  get completed(): Promise<void> {
    return this.#ctx.completed;
  }
}

/** A server as `Deno.serve` gives one. */
export class DenoServer {
  /** Where it listens. */
  readonly addr: ListenAddress;
  /** Resolves when it has stopped. */
  readonly finished: Promise<void>;
  readonly #place: Place;

  /** Starts a server at the next place. */
  constructor(handler: DenoHandler, options: DenoServeOptions, places: Places) {
    const { onListen, onError, signal } = options;
    this.#place = places.take({
      fetch: (request, env, ctx) => handler(request, new HandlerInfo(env, ctx)),
      onError: (error) => onError === undefined ? printError(error) : onError(error),
    });
    this.addr = this.#place.server.addr!;
    this.finished = this.#place.server.finished;
    signal?.addEventListener("abort", () => void this.shutdown(), { once: true });
    if (signal?.aborted) void this.shutdown();
    onListen?.(this.addr);
  }

  /** Stops, when the requests that are under way have ended. */
  shutdown(): Promise<void> {
    return this.#place.server.shutdown();
  }

  /** Lets it hold the process. */
  ref(): void {
    this.#place.server.ref();
  }

  /** Lets the process end while it listens. */
  unref(): void {
    this.#place.server.unref();
  }

  /** The same as {@linkcode shutdown}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
