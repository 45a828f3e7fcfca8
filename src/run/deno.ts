/**
 * A `Deno.serve` whose servers serve over SCGI.
 *
 * @see https://docs.deno.com/api/deno/~/Deno.serve
 * @module
 */

import type { ListenAddress } from "../address.ts";
import { readRemoteAddr, type RemoteAddr } from "../cgi/client-address.ts";
import { ScgiError } from "../errors.ts";
import type { HandlerContext } from "../server/handler.ts";
import { printError } from "../report/reporter.ts";
import type { ScriptAddresses, ScriptServer } from "./addresses.ts";
import { reportIgnored } from "./ignored-options.ts";

type MaybePromise<T> = T | Promise<T>;

/** A handler of Deno. */
export type DenoHandler = (request: Request, info: HandlerInfo) => MaybePromise<Response>;

/** The options of `Deno.serve` that have an effect over SCGI. */
export interface DenoServeOptions {
  handler?: DenoHandler | undefined;
  signal?: AbortSignal | undefined;
  onListen?: ((address: ListenAddress) => void) | undefined;
  onError?: ((error: unknown) => MaybePromise<Response>) | undefined;
}

const IGNORED = ["cert", "key"];

/** Makes the replacement of `Deno.serve`; its servers listen at these addresses. */
export function denoServe(
  addresses: ScriptAddresses,
): (...args: (DenoServeOptions | DenoHandler)[]) => DenoServer {
  return (...args) => {
    const options = args.find((arg) => typeof arg === "object") ?? {};
    const handler = args.find((arg) => typeof arg === "function") ?? options.handler;
    if (typeof handler !== "function") {
      throw new TypeError("Cannot serve HTTP requests: a handler must be specified");
    }
    reportIgnored("Deno.serve", options, IGNORED);
    return new DenoServer(handler, options, addresses);
  };
}

/** The replacement of `Deno.upgradeWebSocket`. */
export function upgradeWebSocket(): never {
  throw new ScgiError(
    "UPGRADE_UNSUPPORTED",
    "SCGI cannot carry a WebSocket. Configure the web server to pass such requests to an HTTP " +
      "server",
    { status: 501 },
  );
}

/** The second argument of a handler. */
export class HandlerInfo {
  readonly #env: Record<string, unknown>;
  readonly #ctx: HandlerContext;

  constructor(env: Record<string, unknown>, ctx: HandlerContext) {
    this.#env = env;
    this.#ctx = ctx;
  }

  /** The client address. */
  get remoteAddr(): RemoteAddr {
    return readRemoteAddr(this.#env);
  }

  /** Resolves once the response is delivered, and rejects if it is not. */
  get completed(): Promise<void> {
    return this.#ctx.completed;
  }
}

/** A server of the replaced `Deno.serve`, with the members of `Deno.HttpServer`. */
export class DenoServer {
  readonly addr: ListenAddress;
  /** Resolves once the server has stopped. */
  readonly finished: Promise<void>;
  readonly #server: ScriptServer;

  /** Starts a server at the next address. */
  constructor(handler: DenoHandler, options: DenoServeOptions, addresses: ScriptAddresses) {
    const { onListen, onError, signal } = options;
    this.#server = addresses.assign({
      fetch: (request, env, ctx) => handler(request, new HandlerInfo(env, ctx)),
      onError: (error) => onError === undefined ? printError(error) : onError(error),
    });
    this.addr = this.#server.addr!;
    this.finished = this.#server.finished;
    signal?.addEventListener("abort", () => void this.shutdown(), { once: true });
    if (signal?.aborted) void this.shutdown();
    onListen?.(this.addr);
  }

  /** Stops the server once open requests have ended. */
  shutdown(): Promise<void> {
    return this.#server.shutdown();
  }

  ref(): void {
    this.#server.ref();
  }

  unref(): void {
    this.#server.unref();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
