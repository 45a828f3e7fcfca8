/**
 * The handlers and routes of a server of `Bun.serve`, and the response that they give to a request.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

import { type OnErrorResult, printError } from "../report/reporter.ts";
import { bun } from "../runtime/detect.ts";
import type { BunServe } from "../runtime/types.ts";
import { Context } from "../server/context.ts";
import type { HandlerContext } from "../server/handler.ts";
import { wrongArgument } from "../server/socket-message.ts";
import { BunContent } from "./bun-content.ts";
import type { BunHandler, BunServeOptions } from "./bun-options.ts";
import { afterMicrotasks, type Ending, isResponse, toResponse } from "./bun-results.ts";
import { CONTENT, handlersOf, readRoutes, type Target } from "./bun-routes.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { Received } from "./received.ts";
import { plainClone, RouteParts, toRouteRequest } from "./route-request.ts";
import { pathOf, type Routes } from "./routes.ts";
import { StaticResponse } from "./static-response.ts";

/** The settings of an app that its server has from the start. */
export interface BunAppSetting {
  /** The runtime's `Bun.serve`. */
  readonly native: BunServe;
  /** Makes the Response of a result that is none. */
  readonly ending: Ending;
  /** The longest body of a request, in bytes. */
  readonly maxBody: number;
}

const { get: urlOf } = Object.getOwnPropertyDescriptor(Response.prototype, "url")!;

/** The handlers and routes of one server. */
export class BunApp {
  /** The number of requests whose response is not complete. */
  pending = 0;
  readonly #server: { readonly url: URL };
  readonly #native: BunServe;
  readonly #ending: Ending;
  readonly #maxBody: number;
  readonly #settled = (): void => void this.pending--;
  #fetch: BunHandler | undefined;
  #error: BunServeOptions["error"];
  #given: BunServeOptions["routes"];
  #routes: Routes<Target<BunHandler>> | undefined;
  #content: BunContent | undefined;

  /** @param server The object that the handlers get. */
  constructor(server: { readonly url: URL }, { native, ending, maxBody }: BunAppSetting) {
    this.#server = server;
    this.#native = native;
    this.#ending = ending;
    this.#maxBody = maxBody;
  }

  /** Takes the handlers and routes of options over, all of them or none. */
  load({ fetch, routes, error }: BunServeOptions): void {
    const given = routes ?? (this.#given && handlersOf(this.#given));
    if (given !== undefined) {
      const { table, content } = readRoutes(given);
      const served = content && new BunContent(content, this.#native);
      this.#content?.stop();
      this.#given = given;
      this.#routes = table;
      this.#content = served;
    }
    if (fetch) this.#fetch = fetch;
    if (error) this.#error = error;
  }

  /** Ends what serves the content of routes. */
  stop(): void {
    this.#content?.stop();
  }

  /** The response to a request that came over SCGI. */
  serve(
    request: Request,
    env: Record<string, unknown>,
    ctx: HandlerContext,
  ): MaybePromise<Response> {
    new Received(request, this.#server, env);
    this.pending++;
    Context.onCompleted(ctx, this.#settled);
    // The header would make the Headers of the request, which few handlers read.
    if (Number(env.CONTENT_LENGTH) > this.#maxBody) {
      return new Response(null, { status: 413 });
    }
    if (this.#routes === undefined) return this.#fallback(request);
    const path = pathOf(request.url);
    if (this.#content?.mayBeBundled(path) !== true) return this.#route(request, path, env, ctx);
    return this.#content.fetchBundled(request).then((response) =>
      response ?? this.#route(request, path, env, ctx)
    );
  }

  /** The answer to a failure, by the `error` handler. */
  fail(error: unknown): OnErrorResult {
    const result = this.#error?.call(this.#server, error);
    if (isResponse(result)) return result;
    // Bun answers with nothing where the handler takes its time for that.
    if (result instanceof Promise && bun!.peek.status(result) === "pending") {
      return result.then(this.#ending);
    }
    if (!(result instanceof Promise)) return printError(error);
    return result.then((response) => isResponse(response) ? response : printError(error));
  }

  /** The response of the `fetch` handler to a request that came over no connection. */
  async call(input: Request | string, init: RequestInit | undefined): Promise<Response> {
    const handler = this.#fetch;
    if (handler === undefined) {
      throw new Error("fetch() requires the server to have a fetch handler");
    }
    const request = this.#ownRequest(input, init);
    const { url } = request;
    // Bun gives the handler no second argument here.
    const response = await handler.apply(this.#server, [request] as never);
    if (response) return isResponse(response) ? from(response, url) : response;
    throw new Error("fetch() returned an empty value");
  }

  #ownRequest(input: Request | string, init?: RequestInit): Request {
    if (input instanceof Request) return input.bodyUsed ? input : plainClone(input);
    if (typeof input === "string" && input !== "") {
      return new Request(new URL(input, this.#server.url), init);
    }
    if (input === "" || input === undefined) throw new Error("fetch() expects a URL, and got none");
    throw wrongArgument(`fetch() expects a string, but received ${typeof input}`);
  }

  #route(
    request: Request,
    path: string,
    env: Record<string, unknown>,
    ctx: HandlerContext,
  ): MaybePromise<Response> {
    const routes = this.#routes!;
    const { target = false, params } = routes.match(request.method, path) ?? {};
    if (target === false) return this.#fallback(request);
    if (target === CONTENT) {
      return this.#content!.fetch(request).then((response) => response ?? this.#fallback(request));
    }
    if (target instanceof StaticResponse) return target.respond(request, env);
    const parts = new RouteParts(request, params!);
    Context.addCookies(ctx, parts);
    const result = target.call(this.#server, toRouteRequest(request, parts), this.#server);
    if (!parts.cookiesUsed || result instanceof Promise) return toResponse(result, this.#ending);
    // Microtasks of the handler may set cookies as well.
    return afterMicrotasks(toResponse(result, this.#ending));
  }

  #fallback(request: Request): MaybePromise<Response> {
    const fetch = this.#fetch;
    return fetch === undefined
      ? new Response(null, { status: 404 })
      : toResponse(fetch.call(this.#server, request, this.#server), this.#ending);
  }
}

/** Gives a Response the URL that it came from, unless it is one of `fetch`. */
function from(response: Response, url: string): Response {
  if (urlOf!.call(response) !== "") return response;
  return Object.defineProperty(response, "url", { value: url, configurable: true });
}
