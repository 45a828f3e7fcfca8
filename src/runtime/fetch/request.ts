/**
 * Makes a `Request` as it is cheapest on this runtime.
 *
 * @module
 */

import type { Construct } from "../../cgi/request.ts";
import { runtime } from "../detect.ts";
import { constructBunRequest } from "./bun-request.ts";
import { constructLateRequest } from "./lazy-request.ts";

/** Makes a `Request`; the parts that few handlers look at may be made when one does. */
export const constructRequest: Construct = runtime === "bun"
  ? constructBunRequest
  : constructLateRequest;
