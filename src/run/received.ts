/**
 * The server and the variables of a request, in the Request itself: a WeakMap would cost more.
 *
 * @module
 */

import { Given } from "../runtime/fetch/recorded-body.ts";

/** A request that a server has received. */
export class Received extends Given {
  readonly #server: object;
  readonly #env: Record<string, unknown>;

  /** Notes the server and the variables of a request, once. */
  constructor(request: Request, server: object, env: Record<string, unknown>) {
    super(request);
    this.#server = server;
    this.#env = env;
  }

  /** The variables of a request; none if the request is not from that server. */
  static envOf(this: void, request: Request, server: object): Record<string, unknown> {
    if (!(#env in request)) return {};
    const received = request as unknown as Received;
    return received.#server === server ? received.#env : {};
  }
}
