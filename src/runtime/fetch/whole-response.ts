/**
 * A Response whose whole body is there.
 *
 * @module
 */

import { runtime } from "../known.ts";
import { lazyResponseOf } from "./lazy-response.ts";

/** Makes a Response of bytes, which are copied. */
export function wholeResponse(bytes: Uint8Array, init: ResponseInit): Response {
  const copy = new Uint8Array(bytes);
  return runtime === "node" ? lazyResponseOf(copy, init) : new Response(copy, init);
}
