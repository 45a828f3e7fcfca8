/**
 * `fetch()` to an SCGI server.
 *
 * @module
 */

import "./runtime/own.ts";

export { fetch, type ScgiRequestInit } from "./client/fetch.ts";
export type { ClientLimits } from "./client/destination.ts";
export type { Address, FdAddress, ListenAddress, TcpAddress, UnixAddress } from "./address.ts";
export { ScgiError, type ScgiErrorCode, type ScgiErrorInit } from "./errors.ts";
