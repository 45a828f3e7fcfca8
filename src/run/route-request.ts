/**
 * The request of a route of `Bun.serve`: a Request with the parameters of its path, and cookies
 * that a handler can change.
 *
 * @see https://bun.com/docs/runtime/http/cookies
 * @module
 */

import { bun } from "../runtime/detect.ts";
import { Given } from "../runtime/fetch/recorded-body.ts";
import type { BunCookieMap } from "../runtime/types.ts";
import type { SetCookies } from "../server/context.ts";

/** The members that the request of a route has beside those of a Request. */
export class RouteParts implements SetCookies {
  readonly params: Record<string, string>;
  readonly #request: Request;
  #cookies: BunCookieMap | undefined;

  constructor(request: Request, params: Record<string, string>, cookies?: BunCookieMap) {
    this.#request = request;
    this.params = params;
    this.#cookies = cookies;
  }

  /** The cookies. They are parsed when a handler first reads them. */
  get cookies(): BunCookieMap {
    return this.#cookies ??= new bun!.CookieMap(this.#request.headers.get("cookie") ?? "");
  }

  /** Whether a handler has read the cookies. */
  get cookiesUsed(): boolean {
    return this.#cookies !== undefined;
  }

  /** The Set-Cookie values of all changes so far. */
  changes(): readonly string[] {
    return this.#cookies?.toSetCookieHeaders() ?? [];
  }
}

/** Adds the parts to a Request. */
class Routed extends Given {
  readonly #parts: RouteParts;

  constructor(request: Request, parts: RouteParts) {
    super(request);
    this.#parts = parts;
  }

  static partsOf(this: void, request: object): RouteParts {
    return (request as Routed).#parts;
  }
}

/** The argument of `clone` that asks for a Request without `params` and `cookies`. */
const PLAIN = Symbol("plain");

/** The prototype of the requests of routes: properties of each request would cost more. */
let prototype: object | undefined;

/** Adds `params` and `cookies` to a Request, and to its clones. */
export function toRouteRequest(request: Request, parts: RouteParts): Request {
  new Routed(request, parts);
  prototype ??= Object.create(Object.getPrototypeOf(request), membersOver(request.clone));
  return Object.setPrototypeOf(request, prototype!) as Request;
}

/** Clones a request without `params` and `cookies`. */
export function plainClone(request: Request): Request {
  return (request.clone as (how: unknown) => Request)(PLAIN);
}

/** The members of a route's request, whose `clone` without them is given. */
function membersOver(clone: Request["clone"]): PropertyDescriptorMap {
  return {
    params: {
      get(this: object): Record<string, string> {
        return Routed.partsOf(this).params;
      },
    },
    cookies: {
      get(this: object): BunCookieMap {
        return Routed.partsOf(this).cookies;
      },
    },
    clone: {
      value(this: Request, how?: unknown): Request {
        const cloned = clone.call(this);
        if (how === PLAIN) return cloned;
        const { params, cookies } = Routed.partsOf(this);
        // Changes of a clone's cookies are not sent.
        const copied = new bun!.CookieMap(Object.fromEntries(cookies));
        new Routed(cloned, new RouteParts(cloned, { ...params }, copied));
        // A clone has a method `clone` of its own.
        return Object.defineProperties(cloned, membersOver(cloned.clone));
      },
    },
  };
}
