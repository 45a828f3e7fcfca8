/**
 * Connects to SCGI servers.
 *
 * @module
 */

import type { ParsedAddress } from "../../address.ts";
import type { Accept } from "../../transport/socket.ts";
import { connect as connectByNode } from "./node-socket.ts";

/**
 * Connects to an address. The events begin with `connect`, or with `close` and an error where the
 * connection fails.
 */
export type Connect = (address: ParsedAddress, accept: Accept) => void;

/** Connects by `node:net`, which every runtime has, or as `connectBy` was told. */
export let connect: Connect = connectByNode;

/** Sets how all connections from now on are made. */
export function connectBy(own: Connect): void {
  connect = own;
}
