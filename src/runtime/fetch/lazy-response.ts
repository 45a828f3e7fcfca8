/**
 * Responses of Node that make the stream of a text lazily: few apps use it, and making it costs more
 * than the rest of a Response.
 *
 * @module
 */

import { type ConstructResponse, TEXT_TYPE } from "./recording.ts";
import { isBodyless } from "../../cgi/response.ts";

/** Makes responses as a constructor does, but lazily where the body is a text. */
export function lazyResponses(native: typeof Response): ConstructResponse {
  /** A Response without a body, which makes its body from the text lazily. */
  class LazyResponse extends native {
    readonly #text: string;
    #made: Response | undefined;

    constructor(text: string, init: ResponseInit | undefined) {
      super(null, init);
      // Throws the constructor's own error.
      if (isBodyless(this.status)) new native(text, { status: this.status });
      this.#text = text;
      const { headers } = this;
      if (!headers.has("content-type")) headers.set("content-type", TEXT_TYPE);
    }

    /** The Response of the text. It gets the present Content-Type, which `blob()` and `formData()` use. */
    #make(): Response {
      this.#made ??= new native(this.#text);
      const { headers } = this.#made;
      const type = this.headers.get("content-type");
      if (type === null) headers.delete("content-type");
      else headers.set("content-type", type);
      return this.#made;
    }

    override get body(): Response["body"] {
      return this.#make().body;
    }

    override get bodyUsed(): boolean {
      return this.#made?.bodyUsed ?? false;
    }

    override clone(): Response {
      return new native(this.#make().clone().body, this);
    }

    static {
      for (const name of READS) {
        if (!(name in native.prototype)) continue;
        const value = {
          [name](this: LazyResponse): unknown {
            return this.#make()[name]();
          },
        }[name];
        Object.defineProperty(this.prototype, name, { value, writable: true, configurable: true });
      }
    }
  }
  // Hides the subclass: `constructor` is then the runtime's `Response`.
  Reflect.deleteProperty(LazyResponse.prototype, "constructor");
  return (body, init) =>
    typeof body === "string" ? new LazyResponse(body, init) : new native(body, init);
}

const READS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;
