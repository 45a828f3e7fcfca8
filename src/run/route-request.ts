/**
 * What a route of `Bun.serve` is given: a Request with the parameters of its path and with cookies
 * that can be changed.
 *
 * @see https://bun.com/docs/runtime/http/cookies
 * @module
 */

/** The part of Bun's CookieMap that is used; this package needs no runtime's types. */
interface CookieMap {
  toSetCookieHeaders(): string[];
}

interface Native {
  CookieMap: new (cookies: string) => CookieMap;
}

/** A request on its way through a route. */
export class RouteRequest {
  /** What the route is given. */
  readonly request: Request;
  #cookies: CookieMap | undefined;

  /** Gives a Request its parameters and cookies. */
  constructor(request: Request, params: Record<string, string>) {
    const cookies = (): CookieMap => this.#cookies ??= readCookies(request);
    this.request = extend(request, params, cookies);
  }

  /** Adds to its Response what was changed of the cookies. */
  readonly finish = (response: Response): Response => {
    const changes = this.#cookies?.toSetCookieHeaders() ?? [];
    if (!(response instanceof Response)) return response;
    for (const change of changes) response.headers.append("set-cookie", change);
    return response;
  };
}

function extend(
  request: Request,
  params: Record<string, string>,
  cookies: () => CookieMap,
): Request {
  return Object.defineProperties(request, {
    params: { value: params },
    cookies: { get: cookies },
    clone: { value: () => extend(Request.prototype.clone.call(request), params, cookies) },
  });
}

function readCookies({ headers }: Request): CookieMap {
  const { Bun } = globalThis as unknown as { Bun: Native };
  return new Bun.CookieMap(headers.get("cookie") ?? "");
}
