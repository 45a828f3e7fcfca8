/**
 * The implementations of this runtime, chosen in this file alone: its sockets, and the cheapest Requests
 * and Responses.
 *
 * @module
 */

import type { Sockets } from "../transport/socket.ts";
import "./own.ts";
import { runtime } from "./detect.ts";
import { constructBunRequest } from "./fetch/bun-request.ts";
import { recordedResponses } from "./fetch/bun-response.ts";
import { constructBy } from "./fetch/construct.ts";
import { responsesByState } from "./fetch/deno-response.ts";
import { endsQuietly } from "./fetch/iterable-body.ts";
import { findKindsBy } from "./fetch/kinds.ts";
import { constructLazyRequest } from "./fetch/lazy-request.ts";
import { lazyResponses } from "./fetch/lazy-response.ts";
import { recordResponses } from "./fetch/recording.ts";
import { isOfKind } from "./fetch/stream-kind.ts";
import { bunSockets } from "./sockets/bun.ts";
import { denoSockets } from "./sockets/deno.ts";
import { nodeSockets } from "./sockets/node.ts";

/** The sockets of this runtime. */
export const sockets: Sockets = { bun: bunSockets, deno: denoSockets, node: nodeSockets }[runtime];

constructBy(runtime === "bun" ? constructBunRequest : constructLazyRequest);
if (runtime === "bun") findKindsBy(isOfKind);

/**
 * Records responses with the cheapest constructor of this runtime.
 *
 * @returns a function that ends the recording.
 */
export function recordHere(): () => void {
  if (runtime === "node") return recordResponses(lazyResponses, endsQuietly);
  return recordResponses(runtime === "bun" ? recordedResponses : responsesByState);
}
