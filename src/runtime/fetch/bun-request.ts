/**
 * Requests of Bun whose headers and signal are made lazily. `fetch()` and `new Request()` read both
 * through the getters of a subclass on Bun, so the laziness is invisible to them.
 *
 * Making headers and a signal at once would cost three times as much as the Request itself.
 *
 * @module
 */

import { type Construct, type LazyParts, toInit } from "../../cgi/request.ts";

class BunRequest extends Request {
  readonly #lazy: LazyParts;
  #filled = false;

  constructor(url: string, init: RequestInit | undefined, lazy: LazyParts) {
    super(url, init);
    this.#lazy = lazy;
  }

  override get headers(): Headers {
    const headers = super.headers;
    if (!this.#filled) {
      this.#filled = true;
      this.#lazy.fields((name, value) => headers.append(name, value));
    }
    return headers;
  }

  override get signal(): AbortSignal {
    return this.#lazy.signal ?? super.signal;
  }

  override clone(): Request {
    void this.headers;
    return follow(super.clone(), this);
  }

  // The results of these two methods depend on the header Content-Type.
  override blob(): Promise<Blob> {
    void this.headers;
    return super.blob();
  }

  override formData(): Promise<FormData> {
    void this.headers;
    return super.formData();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): Request {
    return this.clone();
  }
}

/** Gives a clone, and its clones, the signal of the request. */
function follow(clone: Request, { signal }: Request): Request {
  return Object.defineProperties(clone, {
    signal: { value: signal },
    clone: {
      value: () => follow(Request.prototype.clone.call(clone), clone),
      configurable: true,
    },
  });
}

// Hides the subclass: `constructor` is then the runtime's `Request`.
Reflect.deleteProperty(BunRequest.prototype, "constructor");

/** Makes a `Request` with lazy headers and a lazy signal. */
export const constructBunRequest: Construct = (url, method, body, lazy) => {
  if (body === null) return new BunRequest(url, method === "GET" ? undefined : { method }, lazy);
  const init = { method, body: toInit(body), duplex: "half" };
  return new BunRequest(url, init as RequestInit, lazy);
};
