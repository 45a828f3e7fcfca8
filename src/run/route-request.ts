/**
 * The request of a route of `Bun.serve`: a Request with the parameters of its path, and cookies
 * that a handler can change.
 *
 * @see https://bun.com/docs/runtime/http/cookies
 * @module
 */

import { bun } from "../runtime/detect.ts";
import type { BunCookieMap } from "../runtime/types.ts";

/** The cookies of a request. They are parsed when a handler first reads them. */
export class RequestCookies {
  readonly #request: Request;
  #map: BunCookieMap | undefined;

  constructor(request: Request) {
    this.#request = request;
  }

  readonly read = (): BunCookieMap =>
    this.#map ??= new bun!.CookieMap(this.#request.headers.get("cookie") ?? "");

  /** Whether a handler has read the cookies. */
  get used(): boolean {
    return this.#map !== undefined;
  }

  /** The Set-Cookie values of all changes so far. */
  readonly changes = (): readonly string[] => this.#map?.toSetCookieHeaders() ?? [];
}

/** The argument of `clone` that asks for a Request without `params` and `cookies`. */
const PLAIN = Symbol("plain");

/** Adds `params` and `cookies` to a Request, and to its clones. */
export function toRouteRequest(
  request: Request,
  params: Record<string, string>,
  cookies: () => BunCookieMap,
): Request {
  const { clone } = request;
  return Object.defineProperties(request, {
    params: { value: params },
    cookies: { get: cookies },
    clone: {
      value(how?: unknown): Request {
        const cloned = clone.call(request);
        if (how === PLAIN) return cloned;
        // Changes of a clone's cookies are not sent.
        const copied = new bun!.CookieMap(Object.fromEntries(cookies()));
        return toRouteRequest(cloned, { ...params }, () => copied);
      },
    },
  });
}

/** Clones a request without `params` and `cookies`. */
export function plainClone(request: Request): Request {
  return (request.clone as (how: unknown) => Request)(PLAIN);
}
