/**
 * A `Deno.serve` whose servers serve over SCGI.
 *
 * @see https://docs.deno.com/api/deno/~/Deno.serve
 * @module
 */

import type { ListenAddress } from "../address.ts";
import { readRemoteAddr, type RemoteAddr } from "../cgi/client-address.ts";
import { isInstance, ScgiError } from "../errors.ts";
import type { HandlerContext } from "../server/handler.ts";
import { printError } from "../report/reporter.ts";
import type { ScriptAddresses } from "./addresses.ts";
import { reportIgnored } from "./ignored-options.ts";
import type { MaybePromise } from "./maybe-promise.ts";

/** A handler of Deno. */
export type DenoHandler = (request: Request, info: HandlerInfo) => MaybePromise<Response>;

/** The options of `Deno.serve` that have an effect over SCGI. */
export interface DenoServeOptions {
  handler?: DenoHandler | undefined;
  signal?: AbortSignal | null | undefined;
  onListen?: ((address: ListenAddress) => void) | null | undefined;
  onError?: ((error: unknown) => MaybePromise<Response>) | null | undefined;
}

/** A server of the replaced `Deno.serve`: a plain object, as that of Deno. */
export interface DenoServer extends AsyncDisposable {
  addr: ListenAddress;
  /** Resolves once the server has stopped. */
  finished: Promise<void>;
  /** Stops the server once open requests have ended. */
  shutdown(): Promise<void>;
  ref(): void;
  unref(): void;
}

const IGNORED = ["automaticCompression", "cert", "key"];
const { get: statusOf } = Object.getOwnPropertyDescriptor(Response.prototype, "status")!;

/** Makes the replacement of `Deno.serve`; its servers listen at these addresses. */
export function denoServe(
  addresses: ScriptAddresses,
): (first?: DenoServeOptions | DenoHandler, second?: DenoHandler) => DenoServer {
  return (first, second) => {
    const { handler, options } = readArguments(first, second);
    reportIgnored("Deno.serve", options, IGNORED);
    return start(handler, options, addresses);
  };
}

/**
 * Tells the overloads apart.
 *
 * @throws {TypeError} where no handler is a function.
 */
function readArguments(
  first?: DenoServeOptions | DenoHandler,
  second?: DenoHandler,
): { handler: DenoHandler; options: DenoServeOptions } {
  if (typeof first === "function") return { handler: first, options: {} };
  const given = typeof second === "function";
  if (first === undefined && !given) {
    throw new TypeError(
      "Cannot serve HTTP requests: either a `handler` or `options` must be specified",
    );
  }
  const options = first === undefined ? {} : first;
  const handler = given ? second : options.handler;
  if (typeof handler !== "function") {
    throw new TypeError(
      `Cannot serve HTTP requests: handler must be a function, received ${typeof handler}`,
    );
  }
  return { handler, options };
}

/** Starts a server at the next address. */
function start(
  handler: DenoHandler,
  options: DenoServeOptions,
  addresses: ScriptAddresses,
): DenoServer {
  const { onError, signal } = options;
  const server = addresses.assign({
    fetch(request, env, ctx) {
      const answer: unknown = handler(request, new HandlerInfo(env, ctx));
      return isThenable(answer) ? Promise.resolve(answer).then(checked) : checked(answer);
    },
    // Deno would tell the script nothing of a failure of this server, such as a limit.
    onError: (error) =>
      isInstance(error, ScgiError) ? printError(error) : answerFailure(error, onError),
  });
  const shutdown = (): Promise<void> => server.shutdown();
  // As on Deno, a signal that is aborted already has no effect.
  signal?.addEventListener("abort", () => void server.shutdown({ timeout: 0 }), { once: true });
  const { finished } = server;
  const addr = server.addr!;
  if (options.onListen != null) options.onListen(addr);
  return {
    addr,
    finished,
    shutdown,
    ref: () => server.ref(),
    unref: () => server.unref(),
    [Symbol.asyncDispose]: shutdown,
  };
}

/** The response to the failure of a handler. */
async function answerFailure(
  error: unknown,
  onError: DenoServeOptions["onError"],
): Promise<Response> {
  try {
    if (onError != null) return checked(await onError(error));
  } catch (second) {
    printError(second);
  }
  printError(error);
  // That of Deno has no Content-Type.
  return new Response(new TextEncoder().encode("Internal Server Error"), { status: 500 });
}

/**
 * The result of a handler.
 *
 * @throws {TypeError} where Deno does not send it either.
 */
function checked(answer: unknown): Response {
  if (!isInstance(answer, Response)) {
    throw new TypeError(
      "Return value from serve handler must be a response or a promise resolving to a response",
    );
  }
  if (!isOwnResponse(answer)) {
    throw new TypeError(
      "Return value from serve handler must be a Response constructed via the Response " +
        "constructor in this realm",
    );
  }
  if (answer.type === "error") {
    throw new TypeError(
      "Return value from serve handler must not be an error response (like Response.error())",
    );
  }
  if (answer.bodyUsed) {
    throw new TypeError(
      "The body of the Response returned from the serve handler has already been consumed",
    );
  }
  return answer;
}

/** Whether Deno has made a Response; an object that only has its prototype is none of Deno's. */
function isOwnResponse(answer: Response): boolean {
  try {
    statusOf!.call(answer);
    return true;
  } catch {
    return false;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === "function";
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
