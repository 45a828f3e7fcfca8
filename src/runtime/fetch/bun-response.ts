/**
 * Responses of Bun whose clones and streams are recorded as the Response itself: Bun's own server knows
 * of them that a body was bytes, and its type. A Response of a text stays Bun's own, since it would
 * cost more.
 *
 * @module
 */

import { hideClass } from "./hide-class.ts";
import { recordAs, recordStream } from "./recorded-body.ts";
import type { ConstructResponse } from "./recording.ts";

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
  return (body, init) =>
    typeof body === "string" ? new native(body, init) : new BunResponse(body, init);
}
