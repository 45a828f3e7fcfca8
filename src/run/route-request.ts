/**
 * What a route of `Bun.serve` is given: a Request with the parameters of its path and with cookies
 * that can be changed.
 *
 * @see https://bun.com/docs/runtime/http/cookies
 * @module
 */

import { bun } from "../runtime/detect.ts";
import type { BunCookieMap } from "../runtime/types.ts";

/** A request on its way through a route. */
export class RouteRequest {
  /** What the route is given. */
  readonly request: Request;
  #cookies: BunCookieMap | undefined;

  /** Gives a Request its parameters and cookies. */
  constructor(request: Request, params: Record<string, string>) {
    this.request = extend(request, params, () => this.#cookies ??= readCookies(request));
  }

  /** Whether the route has looked at the cookies. */
  get usesCookies(): boolean {
    return this.#cookies !== undefined;
  }

  /** Set-Cookie values of the changes so far. */
  readonly changes = (): readonly string[] => this.#cookies?.toSetCookieHeaders() ?? [];
}

/** Argument of `clone` that asks for a Request without parameters and cookies. */
const PLAIN = Symbol("plain");

function extend(
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
        // Changes of the clone's own cookies are not sent.
        const copied = new bun!.CookieMap(Object.fromEntries(cookies()));
        return extend(cloned, { ...params }, () => copied);
      },
    },
  });
}

/** A clone that has no parameters and no cookies. */
export function plainClone(request: Request): Request {
  return (request.clone as (how: unknown) => Request)(PLAIN);
}

function readCookies({ headers }: Request): BunCookieMap {
  return new bun!.CookieMap(headers.get("cookie") ?? "");
}
