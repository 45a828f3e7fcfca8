/**
 * What a user writes: a fetch handler, and what it is given beside the request.
 *
 * @module
 */

import { ScgiError } from "./errors.ts";

/** What a handler is given as its third argument, in the shape that Workers and Hono share. */
export interface HandlerContext {
  /** Lets work go on after the reply; `shutdown()` waits for it. A rejection is reported. */
  waitUntil(promise: Promise<unknown>): void;
  /** Does nothing: there is no origin behind this server. It is there for Workers' sake. */
  passThroughOnException(): void;
  /**
   * Resolves when the reply was written whole, and rejects when not. It is never an unhandled
   * rejection.
   */
  readonly completed: Promise<void>;
}

/** A function from a Request to its Response. */
export type FetchHandler<Env = Record<string, unknown>> = (
  request: Request,
  env: Env,
  ctx: HandlerContext,
) => Response | Promise<Response>;

/** An app: a handler, or any object with one as its `fetch` method (a Hono app, a module). */
// An object's `fetch` may want an env and ctx of types of its own, as Hono's does.
export type App<Env = Record<string, unknown>> =
  | FetchHandler<Env>
  | { fetch(request: Request, ...rest: never[]): unknown };

/** The handler of an app, bound to it. */
export function toHandler<Env>(app: App<Env>): FetchHandler {
  if (typeof app === "function") return app as FetchHandler<never> as FetchHandler;
  if (typeof app?.fetch === "function") {
    const { fetch } = app as { fetch: FetchHandler };
    return (request, env, ctx) => fetch.call(app, request, env, ctx);
  }
  throw new ScgiError(
    "OPTION_INVALID",
    "The app is neither a function nor an object with a fetch method",
  );
}

/** What went wrong; what was thrown can be undefined as well. */
export interface Failure {
  readonly error: unknown;
}

/** A promise that is made only when somebody asks for it. */
export class Completion {
  #promise: Promise<void> | undefined;
  #settle: ((failure?: Failure) => void) | undefined;
  #settled = false;
  #failure: Failure | undefined;

  /** The promise. */
  get promise(): Promise<void> {
    return this.#promise ??= this.#make();
  }

  /** Resolves it, or rejects it with a failure; the first call counts. */
  settle(failure?: Failure): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#failure = failure;
    this.#settle?.(failure);
  }

  #make(): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      this.#settle = (failure) => failure === undefined ? resolve() : reject(failure.error);
    });
    promise.catch(() => {});
    if (this.#settled) this.#settle!(this.#failure);
    return promise;
  }
}

/** The third argument of a handler; its methods work taken off it. */
export class Context implements HandlerContext {
  readonly waitUntil: (promise: Promise<unknown>) => void;
  readonly passThroughOnException: () => void = nothing;
  readonly #completion: Completion;

  /** Makes the context of one request. */
  constructor(waitUntil: (promise: Promise<unknown>) => void, completion: Completion) {
    this.waitUntil = waitUntil;
    this.#completion = completion;
  }

  /** {@inheritDoc HandlerContext.completed} */
  get completed(): Promise<void> {
    return this.#completion.promise;
  }
}

function nothing(): void {}
