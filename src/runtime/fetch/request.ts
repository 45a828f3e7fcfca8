/**
 * Makes a `Request` in the cheapest way on this runtime.
 *
 * @module
 */

import type { Construct } from "../../cgi/request.ts";
import { runtime } from "../detect.ts";
import { constructBunRequest } from "./bun-request.ts";
import { constructLazyRequest } from "./lazy-request.ts";

/** Makes a `Request`. Parts that few handlers use may be made lazily. */
export const constructRequest: Construct = runtime === "bun"
  ? constructBunRequest
  : constructLazyRequest;
