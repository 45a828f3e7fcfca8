/**
 * Responses of Node that make the stream of a text when somebody looks at it: few do, and making
 * it costs more than the rest of a Response.
 *
 * @module
 */

import { runtime } from "../detect.ts";
import { type ConstructResponse, recordResponses, TEXT_TYPE } from "./recording.ts";
import { isBodyless } from "../../cgi/response.ts";
import { endsQuietly } from "./iterable-body.ts";

/** Records responses while they are wanted, made as it is cheapest on this runtime. */
export function recordHere(): () => void {
  return runtime === "node" ? recordResponses(lateResponses, endsQuietly) : recordResponses();
}

/** Makes responses as a constructor does, but late where they are of a text. */
export function lateResponses(native: typeof Response): ConstructResponse {
  /** What it has beside its body is a Response's own. */
  class LateResponse extends native {
    readonly #text: string;
    #made: Response | undefined;

    constructor(text: string, init: ResponseInit | undefined) {
      super(null, init);
      // The constructor's own error.
      if (isBodyless(this.status)) new native(text, { status: this.status });
      this.#text = text;
      const { headers } = this;
      if (!headers.has("content-type")) headers.set("content-type", TEXT_TYPE);
    }

    /** One of the text, with the type that this one has by now: Blobs and forms go by that. */
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
          [name](this: LateResponse): unknown {
            return this.#make()[name]();
          },
        }[name];
        Object.defineProperty(this.prototype, name, { value, writable: true, configurable: true });
      }
    }
  }
  // It is a Response to everybody who asks.
  Reflect.deleteProperty(LateResponse.prototype, "constructor");
  return (body, init) =>
    typeof body === "string" ? new LateResponse(body, init) : new native(body, init);
}

const READS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;
