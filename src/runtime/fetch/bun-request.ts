/**
 * Requests of Bun that make their headers and their signal when they are asked for. Bun reads both
 * of a subclass as anybody does, so `fetch()` and `new Request()` see them as well.
 *
 * A headers list and a signal at once would cost three times what the Request itself does.
 *
 * @module
 */

import { type Construct, type LazyParts, toInit } from "../../cgi/request.ts";

class BunRequest extends Request {
  readonly #late: LazyParts;
  #filled = false;

  constructor(url: string, init: RequestInit | undefined, late: LazyParts) {
    super(url, init);
    this.#late = late;
  }

  override get headers(): Headers {
    const headers = super.headers;
    if (!this.#filled) {
      this.#filled = true;
      this.#late.fields((name, value) => headers.append(name, value));
    }
    return headers;
  }

  override get signal(): AbortSignal {
    return this.#late.signal ?? super.signal;
  }

  override clone(): Request {
    void this.headers;
    return follow(super.clone(), this);
  }

  // The type of what these two give is among the headers.
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

/** The signal of a clone is that of the request. */
function follow(clone: Request, { signal }: Request): Request {
  return Object.defineProperties(clone, {
    signal: { value: signal },
    clone: {
      value: () => follow(Request.prototype.clone.call(clone), clone),
      configurable: true,
    },
  });
}

// It is a Request to everybody who asks.
Reflect.deleteProperty(BunRequest.prototype, "constructor");

/** Makes such a Request. */
export const constructBunRequest: Construct = (url, method, body, late) => {
  if (body === null) return new BunRequest(url, method === "GET" ? undefined : { method }, late);
  const init = { method, body: toInit(body), duplex: "half" };
  return new BunRequest(url, init as RequestInit, late);
};
