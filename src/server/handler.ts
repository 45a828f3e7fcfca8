/**
 * The fetch handler of an app, and its context.
 *
 * @module
 */

import type { HandlerEnv } from "../cgi/cgi-variables.ts";
import { ScgiError } from "../errors.ts";

/** The third argument of a handler, in the shape that Workers and Hono share. */
export interface HandlerContext {
  /** Lets work go on after the response; `shutdown()` waits for it. A rejection is reported. */
  waitUntil(promise: Promise<unknown>): void;
  /** Does nothing: no origin stands behind this server. Workers have this method. */
  passThroughOnException(): void;
  /**
   * Resolves when the response was written whole, and rejects when not: with the failure of its
   * stream, or a `ScgiError`. It is never an unhandled rejection.
   */
  readonly completed: Promise<void>;
}

/** A function from a Request to its Response. */
export type FetchHandler<Env = HandlerEnv> = (
  request: Request,
  env: Env,
  ctx: HandlerContext,
) => Response | Promise<Response>;

/** An app: a handler, or any object with a `fetch` method (a Hono app, a module). */
export type App<Env = HandlerEnv> =
  | FetchHandler<Env>
  | { fetch(request: Request, env: Env, ctx: HandlerContext): Response | Promise<Response> }
  // The `fetch` of a Hono app or a Worker wants an env and ctx of types of its own. A type with no call
  // signature leaves an editor and the compiler the types of the line above.
  // deno-lint-ignore ban-types
  | { fetch: Function };

/** The handler of an app, bound to it. */
export function toHandler<Env>(app: App<Env>): FetchHandler {
  // A function or a class can have the method as well.
  const { fetch } = app as { fetch?: FetchHandler } ?? {};
  if (typeof fetch === "function") return (request, env, ctx) => fetch.call(app, request, env, ctx);
  if (typeof app === "function") return app as FetchHandler<never> as FetchHandler;
  throw new ScgiError(
    "OPTION_INVALID",
    "The app is neither a function nor an object with a fetch method",
  );
}
