/**
 * Makes the Request of a handler: as the cheapest constructor of this runtime does it, where a server of
 * this process has told it.
 *
 * @module
 */

import { type Construct, constructRequest as constructPlain } from "../../cgi/request.ts";

/** Makes a `Request`. Parts that few handlers use may be made lazily. */
export let constructRequest: Construct = constructPlain;

/** Sets the constructor of all requests from now on. */
export function constructBy(own: Construct): void {
  constructRequest = own;
}
