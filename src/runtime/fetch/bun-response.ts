/**
 * Responses of Bun that tell what its own server knows of them: of clones and streams, that the body was
 * bytes, and its type; of a text, that the app has not looked at the headers. To look at them costs as much
 * as to make the Response.
 *
 * @module
 */

import { hideClass } from "./hide-class.ts";
import { impliedType } from "./implied-type.ts";
import { recordAs, recordStream } from "./recorded-body.ts";
import type { ConstructResponse, PlainText } from "./recording.ts";

/** Makes responses as a constructor does. */
export function recordedResponses(native: typeof Response): ConstructResponse {
  class BunResponse extends native {
    override get body(): Response["body"] {
      const body = super.body;
      if (body !== null) recordStream(body, this);
      return body;
    }

    override clone(): Response {
      const clone = super.clone();
      Object.setPrototypeOf(clone, BunResponse.prototype);
      recordAs(clone, this);
      return clone;
    }
  }
  hideClass(BunResponse);

  /** A Response of a text alone. */
  class TextResponse extends native {
    /** Undefined once the app has looked into the Response. */
    #text: string | undefined;

    constructor(text: string) {
      super(text);
      this.#text = text;
    }

    override get headers(): Headers {
      this.#text = undefined;
      return super.headers;
    }

    override get body(): Response["body"] {
      this.#text = undefined;
      return super.body;
    }

    static takePlain(this: void, response: Response): PlainText | undefined {
      if (!(#text in response) || !response.#text || response.bodyUsed) return undefined;
      void native.prototype.text.call(response);
      return { text: response.#text, type: impliedType(response.#text)! };
    }
  }
  hideClass(TextResponse);

  const construct = (body?: BodyInit | null, init?: ResponseInit): Response => {
    if (typeof body !== "string") return new BunResponse(body, init);
    return init === undefined ? new TextResponse(body) : new native(body, init);
  };
  return Object.assign(construct, { takePlain: TextResponse.takePlain });
}
