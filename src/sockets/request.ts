/**
 * Makes a `Request` as it is cheapest on this runtime.
 *
 * @module
 */

import { type Construct, constructRequest as construct } from "../cgi/request.ts";
import { constructBunRequest } from "./bun-request.ts";
import { constructDenoRequest } from "./deno-request.ts";

/** Makes a `Request`; the parts that few handlers look at may be made when one does. */
export const constructRequest: Construct = "Bun" in globalThis
  ? constructBunRequest
  : "Deno" in globalThis
  ? constructDenoRequest
  : construct;
