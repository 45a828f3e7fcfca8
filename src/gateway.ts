/**
 * A fetch handler that forwards to an SCGI server.
 *
 * @module
 */

import "./runtime/own.ts";

export { type Gateway, gateway, type GatewayOptions } from "./client/gateway.ts";
export type { ClientLimits } from "./client/destination.ts";
export type { Address, FdAddress, ListenAddress, TcpAddress, UnixAddress } from "./address.ts";
