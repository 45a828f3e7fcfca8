/**
 * A Response whose whole body is there.
 *
 * @module
 */

import { runtime } from "../known.ts";
import { lazyResponseOf } from "./lazy-response.ts";

/** Makes a Response of bytes, which are copied. */
export function wholeResponse(bytes: Uint8Array, init: ResponseInit): Response {
  if (runtime === "node") return lazyResponseOf(new Uint8Array(bytes), init);
  // The constructor copies them as well.
  return new Response(bytes as Uint8Array<ArrayBuffer>, init);
}
