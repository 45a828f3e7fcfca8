/**
 * The arguments of a handler: the Request of a head and its body, and the `env`.
 *
 * @module
 */

import { toEnv } from "../cgi/env.ts";
import { makeRequest } from "../cgi/request.ts";
import type { Variables } from "../cgi/variables.ts";
import { constructRequest } from "../runtime/fetch/construct.ts";
import type { Head } from "../scgi/head.ts";
import type { IncomingBody } from "../transport/incoming-body.ts";
import type { Abort } from "./abort.ts";
import type { Mapping } from "./options.ts";

export interface RequestParts {
  variables: Variables;
  method: string;
  /** The head that the variables are of. */
  head: Head;
  /** The body: whole, or as it arrives. */
  body: Uint8Array | IncomingBody | null;
}

/** A request that reaches no handler, as far as it could be read. */
export interface RefusedParts {
  method: string;
  variables: Variables;
}

/** The Request of the handler, whose signal is that of `abort`. */
export function requestOf(
  { variables, head, body }: RequestParts,
  { urlFrom, stripPrefix }: Mapping,
  abort: Abort,
): Request {
  return makeRequest(
    variables,
    { head, contentLength: head.contentLength, body, urlFrom, stripPrefix },
    abort,
    constructRequest,
  );
}

export function envOf(
  { variables, head }: RequestParts,
  { bindings }: Mapping,
): Record<string, unknown> {
  // ASCII is the same in UTF-8, so the handler can have these, to do with as it likes.
  return head.ascii && bindings === undefined ? variables : toEnv(variables, bindings);
}
